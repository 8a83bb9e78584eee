"""Values made from the request types of a package: every alternative of a field at least once."""

import types
import typing
from collections.abc import Iterable, Mapping

import typing_extensions

_OPTIONAL = (typing_extensions.NotRequired, typing.NotRequired)
_REQUIRED = (typing_extensions.Required, typing.Required)
_WRAPPERS = (*_REQUIRED, *_OPTIONAL)
# Deeper than that lie JSON schemas and the like, which anything may be.
_DEEPEST = 7


def fields(*request_types) -> dict[str, object]:
    """The fields of the request types, with what each of them may hold."""
    found = {}
    for request_type in request_types:
        found.update(typing_extensions.get_type_hints(request_type, include_extras=True))
    return found


def samples(kind, depth: int = 0) -> list:
    """Some values of a type: each literal, each alternative, each member once."""
    origin, arguments = typing_extensions.get_origin(kind), typing_extensions.get_args(kind)
    if origin in _WRAPPERS or origin in (typing.Annotated, typing_extensions.Annotated):
        return samples(arguments[0], depth)
    if origin in (typing.Union, types.UnionType):
        return [value for each in arguments for value in samples(each, depth)]
    if origin in (typing.Literal, typing_extensions.Literal):
        return list(arguments)
    if typing_extensions.is_typeddict(kind):
        return _objects(kind, depth)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return [{}]
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return [[value] for value in samples(arguments[0], depth)]
    return {
        bool: [False, True], int: [1], float: [0.5], str: ["a"], object: [{}], type(None): [],
    }.get(kind, [{}] if kind in (dict, typing.Any) else [])


def _is_required(member, kind) -> bool:
    origin = typing_extensions.get_origin(member)
    return origin not in _OPTIONAL and (kind.__total__ or origin in _REQUIRED)


def _objects(kind, depth: int) -> list[dict]:
    """One object for each alternative of each member, the others being as plain as can be."""
    if depth > _DEEPEST:
        return []
    members = typing_extensions.get_type_hints(kind, include_extras=True)
    values = {name: samples(member, depth + 1) for name, member in members.items()}
    plain = {
        name: values[name][0]
        for name, member in members.items()
        if _is_required(member, kind) and values[name]
    }
    every = [plain]
    for name, alternatives in values.items():
        every += [{**plain, name: value} for value in alternatives]
    return [each for index, each in enumerate(every) if each not in every[:index]]
