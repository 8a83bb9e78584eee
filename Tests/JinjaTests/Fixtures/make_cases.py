#!/usr/bin/env python3
"""Renders expressions.txt (one per line) and statements.txt (templates between lines of ===) with
Jinja2 and the settings of transformers, and writes cases.json: what our renderer has to agree with.

needs: pip install jinja2==3.1.6
"""
import datetime
import json
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = Path(__file__).parent
NOW = datetime.datetime(2026, 1, 15, 12, 34, 56)
VARIABLES = {
    "x": 3, "y": -7, "f": 2.5, "z": 0, "s": "Hello wörld ß 東京", "e": "", "l": [3, 1, 2],
    "d": {"b": 1, "a": [1, 2, {"k": None}], "items": 5, "c": "q'uo\"te"}, "n": None, "t": True,
    "ms": [
        {"role": "user", "content": "hi", "n": 2, "k": [{"k": []}, {"k": [{"k": []}]}]},
        {"role": "assistant", "content": "yo", "n": 1, "k": []},
        {"role": "user", "content": "Zed", "n": 3, "k": []},
    ],
    "big": 1e20, "small": 1e-7, "ws": "  a\tb \n c  ", "tup": [["a", 1], ["b", 2]],
    "html": "<b>&'\"</b>",
}


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    env.globals["dict"] = lambda *args, **kwargs: dict(*args, **kwargs)
    return env


def render(env, source):
    try:
        text = env.from_string(source).render(**json.loads(json.dumps(VARIABLES)))
        return {"template": source, "text": text}
    except Exception as error:
        return {"template": source, "error": f"{type(error).__name__}: {error}"}


def main():
    env = environment()
    sources = ["{{ " + line + " }}" for line in (HERE / "expressions.txt").read_text().split("\n") if line]
    sources += [part.removesuffix("\n") for part in (HERE / "statements.txt").read_text().split("===\n")]
    cases = [render(env, source) for source in sources]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    head = f'"jinja2": "{jinja2.__version__}", "now": "{NOW.isoformat()}", "variables": {json.dumps(VARIABLES, ensure_ascii=False)}'
    (HERE / "cases.json").write_text("{" + head + ', "cases": [\n' + lines + "\n]}\n")
    print(len(cases), "cases,", sum("error" in case for case in cases), "with errors")


if __name__ == "__main__":
    main()
