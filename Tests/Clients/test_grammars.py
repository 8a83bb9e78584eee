"""Grammars made from JSON Schemas, against the jsonschema package: schemas drawn at random, and for
each some texts that may or may not satisfy it, and others drawn under the grammar's masks. What the
grammar takes or says must satisfy the schema."""

import base64
import copy
import decimal
import ipaddress
import json
import os
import random
import re
import subprocess
import uuid

import jsonschema
import pytest
from server import binary

SCHEMAS = int(os.environ.get("GRAMMAR_SCHEMAS", "400"))
KEYS = ["a", "b", "c", "ab", "x1", "x2"]
STRINGS = ["", "a", "ab", "abc", "aab", "x1", "é", "😀", "😀😀", "\n", '"', "\\", "2024-02-29", "::1"]
STRINGS += ["12", "127.0.0.1", "a@b.co", "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "https://a.b/c?d"]
PATTERNS = ["^a", "b$", "^[a-c]{1,3}$", "^x[0-9]+$", "a.c", "^(ab|ba)*$", "[^a]", "^\\d{2,4}$"]
NUMBERS = [0, 1, -1, 2, 3, 7, 10, 12, 14, 100, -7, 0.5, 1.0, -0.5, 2.25, 1e3, 0.1, 99, 1e-7]
NUMBERS += [2**53, 2**53 + 1, -(2**53) - 1, 123456789.125]
STRINGS += ["1b4e28ba-2fa1-41d2-883f-0016d3cca427", "10.0.0.0/8", "10.0.0.1/8", "QQ==", "QQ"]
# zod's: look-aheads in groups, optional ones too.
PATTERNS += ["^(?!\\.)(?!.*\\.\\.)([a-c.]*)[a-c]$"]
PATTERNS += ["^x(?:(\\d+W)|(?!.*W)(?=\\d)(\\d+Y)?(T(?=\\d)(\\d+H)?)?)$"]
PATTERNS += ["^(?!^[-+.]*$)[+-]?\\d*\\.?\\d*$"]
# The package checks these, or the functions below do.
FORMATS = ["date", "ipv4", "ipv6", "uuid", "email", "uuid4", "base64url", "ipvanynetwork"]
CHECKED = jsonschema.FormatChecker(formats=FORMATS[:5])


@CHECKED.checks("uuid4", raises=ValueError)
def is_uuid4(text):
    return not isinstance(text, str) or uuid.UUID(text).version == 4


@CHECKED.checks("base64url", raises=ValueError)
def is_base64url(text):
    return not isinstance(text, str) or base64.b64decode(text, "-_", validate=True) is not None


@CHECKED.checks("ipvanynetwork", raises=ValueError)
def is_network(text):
    return not isinstance(text, str) or ipaddress.ip_network(text) is not None


def multiple_of(_, divisor, value, __):
    """Exact, where the package divides floats."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if decimal.Decimal(repr(value)) % decimal.Decimal(repr(divisor)):
        yield jsonschema.ValidationError(f"{value!r} is not a multiple of {divisor}")


def pattern(_, pattern, text, __):
    """As ECMA 262 has it: Python's $ also stands before a line break at the end."""
    if isinstance(text, str) and not re.search(pattern.replace("$", r"\Z"), text):
        yield jsonschema.ValidationError(f"{text!r} doesn't match {pattern}")


Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {"multipleOf": multiple_of, "pattern": pattern}
)


class Schemas:
    """Draws schemas, and values near to what they accept."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.definitions = {}

    def document(self):
        for name in self.random.sample(["d1", "d2", "d3"], self.random.randint(0, 2)):
            self.definitions[name] = {}
        for name in self.definitions:
            self.definitions[name] = self.schema(2)
        for name in self.definitions:
            # References inside are then to what stands here.
            if self.maybe(0.15):
                local = {other: self.plain() for other in self.definitions}
                self.definitions[name] = {**self.definitions[name], "$id": name, "$defs": local}
        schema = self.schema(3)
        return {**schema, "$defs": self.definitions} if self.definitions else schema

    def maybe(self, chance=0.4):
        return self.random.random() < chance

    def schema(self, depth):
        kinds = [self.string, self.number, self.integer, self.constant, self.typeless]
        if depth > 0:
            kinds += [self.array, self.object, self.object, self.combined, self.reference]
        schema = self.random.choice(kinds)(depth - 1)
        if depth > 0 and self.maybe(0.1):
            schema = {**schema, "not": self.plain()}
        if depth > 0 and self.maybe(0.08):
            schema = {
                **schema, "if": self.plain(), "then": self.schema(0), "else": self.schema(0),
            }
        return schema

    def plain(self):
        kinds = [self.string, self.number, self.integer, self.constant, self.typeless]
        return self.random.choice(kinds)(0)

    def bounds(self, low, high, most):
        bounds = {}
        if self.maybe():
            bounds[low] = self.random.randint(0, most)
        if self.maybe():
            bounds[high] = bounds.get(low, 0) + self.random.randint(0, most)
        return bounds

    def string(self, _):
        schema = {"type": "string", **self.bounds("minLength", "maxLength", 4)}
        if self.maybe(0.3):
            schema["pattern"] = self.random.choice(PATTERNS)
        elif self.maybe(0.3):
            schema["format"] = self.random.choice(FORMATS)
        return schema

    def number(self, _):
        schema = {"type": "number"}
        for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if self.maybe(0.25):
                schema[keyword] = self.random.choice(NUMBERS)
        if self.maybe(0.15):
            schema["multipleOf"] = self.random.choice([1, 2, 3, 7, 12, 0.1, 0.01, 0.5, 0.25, 0.3, 1.5, 3.7, 0.125])
        return schema

    def integer(self, depth):
        return {**self.number(depth), "type": "integer"}

    def constant(self, _):
        values = [None, True, False, *NUMBERS, *STRINGS, [], {}, [1, "a"], {"a": 1, "b": [True]}]
        if self.maybe(0.3):
            return {"const": self.random.choice(values)}
        return {"enum": self.random.sample(values, self.random.randint(1, 5))}

    def typeless(self, _):
        names = ["string", "number", "integer", "boolean", "null", "array", "object"]
        schema = {"type": self.random.sample(names, self.random.randint(1, 3))}
        if self.maybe():
            schema.update(self.string(0), type=schema["type"])
        if self.maybe():
            schema.update(self.number(0), type=schema["type"])
        return schema if self.maybe(0.8) else {}

    def array(self, depth):
        schema = {"type": "array", **self.bounds("minItems", "maxItems", 3)}
        if self.maybe(0.4):
            count = self.random.randint(1, 3)
            schema["prefixItems"] = [self.schema(depth) for _ in range(count)]
        if self.maybe(0.7):
            schema["items"] = self.schema(depth) if self.maybe(0.9) else False
        if self.maybe(0.1):
            schema["uniqueItems"] = True
        if self.maybe(0.05):
            schema["contains"] = self.plain()
        return schema

    def object(self, depth):
        keys = self.random.sample(KEYS, self.random.randint(0, 4))
        schema = {"type": "object", "properties": {key: self.schema(depth) for key in keys}}
        if self.maybe(0.6):
            schema["required"] = self.random.sample(KEYS, self.random.randint(0, 2))
        if self.maybe(0.5):
            schema["additionalProperties"] = False if self.maybe(0.6) else self.plain()
        if self.maybe(0.2):
            schema["patternProperties"] = {self.random.choice(PATTERNS): self.schema(depth)}
        if self.maybe(0.1):
            schema["propertyNames"] = self.string(0)
        if self.maybe(0.15):
            schema.update(self.bounds("minProperties", "maxProperties", 3))
        if self.maybe(0.1):
            schema["dependentRequired"] = {"a": ["b"]}
        if self.maybe(0.05):
            schema["dependentSchemas"] = {"c": {"required": ["x1"]}}
        return schema

    def combined(self, depth):
        keyword = self.random.choice(["anyOf", "anyOf", "oneOf", "allOf"])
        schemas = [self.schema(depth) for _ in range(self.random.randint(1, 3))]
        schema = {keyword: schemas}
        return {**self.schema(0), **schema} if self.maybe(0.3) else schema

    def reference(self, depth):
        if not self.definitions:
            return self.object(depth)
        return {"$ref": f"#/$defs/{self.random.choice(list(self.definitions))}"}

    # Values

    def value(self, schema, depth=4):
        """Often, not always, what the schema accepts."""
        if not isinstance(schema, dict) or depth < 0 or self.maybe(0.04):
            return self.random.choice([None, True, *NUMBERS, *STRINGS, [], {}, [1], {"a": 1}])
        if "$ref" in schema:
            return self.value(self.definitions[schema["$ref"].split("/")[-1]], depth - 1)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if keyword in schema:
                return self.value(self.random.choice(schema[keyword]), depth - 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        kinds = schema.get("type", ["string", "number", "boolean", "null", "array", "object"])
        kind = self.random.choice([kinds] if isinstance(kinds, str) else kinds)
        match kind:
            case "array":
                return self.elements(schema, depth)
            case "object":
                return self.members(schema, depth)
            case "number" | "integer":
                near = [schema[key] for key in schema if "imum" in key or key == "multipleOf"]
                number = self.random.choice(NUMBERS + near * 4)
                return number + self.random.choice([0, 0, 1, -1, 0.5])
            case "string":
                return self.random.choice(STRINGS)
            case "boolean":
                return self.maybe()
        return None

    def elements(self, schema, depth):
        count = self.random.randint(schema.get("minItems", 0), schema.get("maxItems", 3) + 1)
        prefix = schema.get("prefixItems", [])
        schemas = [*prefix, *[schema.get("items", {})] * max(0, count - len(prefix))]
        return [self.value(schema, depth - 1) for schema in schemas[:count]]

    def members(self, schema, depth):
        result = {}
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        for key in [*properties, *[key for key in required if key not in properties]]:
            if key in required or self.maybe(0.6):
                result[key] = self.value(properties.get(key, {}), depth - 1)
        if self.maybe(0.2):
            key = self.random.choice([*KEYS, *STRINGS])
            result[key] = self.value(schema.get("additionalProperties", {}), depth - 1)
        return result


def is_valid(schema, text):
    """None where the package finds no end: a schema that refers to itself and says nothing else."""
    try:
        return Validator(schema, format_checker=CHECKED).is_valid(json.loads(text))
    except RecursionError:
        return None


@pytest.fixture(scope="module")
def answer():
    """Asks the checker about a schema."""
    checker = binary().with_name("grammar-check")
    if not checker.exists():
        pytest.skip("grammar-check isn't built; swift build --build-tests makes it")
    with subprocess.Popen([checker], stdin=-1, stdout=-1, text=True) as process:

        def answer(schema, texts, seed, samples=6):
            question = {"schema": schema, "texts": texts, "samples": samples, "seed": seed}
            print(json.dumps(question), file=process.stdin, flush=True)
            line = process.stdout.readline()
            assert line, f"the checker ended over {json.dumps(schema)}"
            return json.loads(line)

        yield answer
        process.stdin.close()


def test_no_grammar_takes_or_says_what_its_schema_refuses(answer):
    counts = dict.fromkeys(["schemas", "refused", "valid", "taken", "said"], 0)
    wrong = []
    for seed in range(SCHEMAS):
        schemas = Schemas(seed)
        schema = schemas.document()
        values = [schemas.value(copy.deepcopy(schema)) for _ in range(12)]
        texts = [json.dumps(value, ensure_ascii=False) for value in values]
        found = answer(schema, texts, seed)
        counts["schemas"] += 1
        if "refused" in found:
            counts["refused"] += 1
            continue
        for text, taken in zip(texts, found["accepted"], strict=True):
            valid = is_valid(schema, text)
            counts["valid"] += valid is True
            counts["taken"] += taken and valid is True
            if taken and valid is False:
                wrong.append(("taken", text, schema))
        for text in found["samples"]:
            counts["said"] += 1
            if is_valid(schema, text) is False:
                wrong.append(("said", text, schema))
    print(counts)
    assert not wrong, "\n".join(f"{how} {text} {json.dumps(schema)}" for how, text, schema in wrong)
    # What is valid may be refused for its spelling alone: the order of properties, escapes, exponents.
    assert counts["taken"] > counts["valid"] * 0.8
    assert counts["said"] > counts["schemas"] and counts["refused"] < counts["schemas"] / 3


@pytest.mark.parametrize(
    "keyword, schema",
    [
        ("contains", {"contains": {"type": "string"}}),
        ("unevaluatedItems", {"unevaluatedItems": False}),
        ("$dynamicRef", {"$dynamicRef": "#a"}),
        ("dependencies", {"dependencies": {"a": ["b"]}}),
        ("multipleOf", {"multipleOf": 0.1001}),
        ("uniqueItems", {"type": "array", "uniqueItems": True, "items": {"type": "string"}}),
        ("format", {"type": "string", "format": "no-such-format"}),
        ("oneOf", {"oneOf": [{"type": "string"}, {"minLength": 3}]}),
        ("pattern", {"type": "string", "pattern": "(a)\\1"}),
        ("minProperties", {"type": "object", "minProperties": 3}),
    ],
)
def test_a_keyword_that_cannot_be_enforced_is_refused_by_name(answer, keyword, schema):
    for place in (schema, {"type": "object", "properties": {"a": schema}}):
        assert f"'{keyword}'" in answer(place, [], 0)["refused"]
