"""Answers and calls of a promised form: schemas, patterns, grammars, required and strict tools."""

import json
import re
from enum import Enum

import jsonschema
import pytest
from folding import fold
from pydantic import BaseModel, Field


class Unit(str, Enum):
    celsius = "celsius"
    fahrenheit = "fahrenheit"


class Place(BaseModel):
    name: str = Field(max_length=20)
    population: int = Field(ge=0, le=99_999_999)


class Report(BaseModel):
    unit: Unit
    days: list[int] = Field(min_length=1, max_length=3)
    place: Place
    note: str | None = Field(max_length=30)


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "plan_trip",
            "strict": True,
            "parameters": {
                "type": "object",
                "properties": {
                    "stops": {
                        "type": "array",
                        "items": {"type": "string", "maxLength": 20},
                        "minItems": 1,
                        "maxItems": 3,
                    },
                    "class": {"enum": ["first", "second"]},
                    "seats": {"type": "integer", "minimum": 1, "maximum": 9},
                },
                "required": ["stops", "class", "seats"],
                "additionalProperties": False,
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"place": {"type": "string"}},
                "required": ["place"],
            },
        },
    },
]
SCHEMAS = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
QUESTIONS = [
    "What is the weather in Paris?", "Hello", "Book two seats to Rome", "Why is the sky blue?",
]


def check(call):
    jsonschema.validate(json.loads(call.function.arguments), SCHEMAS[call.function.name])


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("temperature", [0, 1.2])
def test_required_calls_validate_against_their_schemas(ask, question, temperature):
    choice = ask(
        question, tools=TOOLS, tool_choice="required", temperature=temperature, seed=7,
        max_tokens=400,
    ).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls and not choice.message.content
    for call in choice.message.tool_calls:
        check(call)


def test_a_named_tool_is_called_once(ask):
    named = {"type": "function", "function": {"name": "plan_trip"}}
    choice = ask("What is the weather in Paris?", tools=TOOLS, tool_choice=named).choices[0]
    (call,) = choice.message.tool_calls
    assert call.function.name == "plan_trip"
    check(call)


def test_only_allowed_tools_are_called(ask):
    choice = {
        "type": "allowed_tools",
        "allowed_tools": {
            "mode": "required", "tools": [{"type": "function", "function": {"name": "plan_trip"}}],
        },
    }
    answer = ask("What is the weather in Paris?", tools=TOOLS, tool_choice=choice)
    for call in answer.choices[0].message.tool_calls:
        assert call.function.name == "plan_trip"
        check(call)


def test_a_streamed_required_call_validates(ask):
    answer = fold(ask("Hello", tools=TOOLS, tool_choice="required", stream=True, max_tokens=400))
    assert answer.finish == "tool_calls"
    for call in answer.calls.values():
        jsonschema.validate(json.loads(call["arguments"]), SCHEMAS[call["name"]])


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_an_answer_is_parsed_into_a_model(client, temperature):
    answer = client.chat.completions.parse(
        model="pocket", messages=[{"role": "user", "content": "Report on the weather in Paris."}],
        response_format=Report, temperature=temperature, seed=3, max_tokens=500,
    )
    assert isinstance(answer.choices[0].message.parsed, Report)
    assert list(json.loads(answer.choices[0].message.content)) == list(Report.model_fields)


def test_any_object_is_an_object(ask):
    answer = ask("Hello", response_format={"type": "json_object"}, max_tokens=300, temperature=0)
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(answer.choices[0].message.content), dict)
    assert answer.choices[0].message.content.startswith("{")


@pytest.mark.parametrize(
    "fields, pattern",
    [
        ({"guided_regex": "[A-C]{2}-[0-9]{3}"}, "[A-C]{2}-[0-9]{3}"),
        ({"guided_choice": ["red", "green"]}, "red|green"),
        ({"grammar": 'root ::= word (" " word){2} "."\nword ::= [a-z]{1,5}'},
         "[a-z]{1,5}( [a-z]{1,5}){2}[.]"),
        ({"structured_outputs": {"grammar": 'start: "yes" | "no" NUMBER\nNUMBER: /[0-9]/'}},
         "yes|no[0-9]"),
        ({"json_schema": {"type": "integer", "minimum": 10, "maximum": 99}}, "[1-9][0-9]"),
    ],
)
def test_other_servers_fields_give_a_form(ask, fields, pattern):
    answer = ask("Say something.", extra_body=fields, temperature=1, seed=1)
    assert answer.choices[0].finish_reason == "stop"
    assert re.fullmatch(pattern, answer.choices[0].message.content)


def test_a_schema_that_cannot_be_enforced_is_refused_for_strict_tools_only(ask):
    import openai

    parameters = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    ask("Hello", tools=[tool], max_tokens=20)
    tool["function"]["strict"] = True
    with pytest.raises(openai.BadRequestError) as refusal:
        ask("Hello", tools=[tool])
    assert refusal.value.param == "tools" and "uniqueItems" in refusal.value.message


def test_reasoning_comes_before_the_form(ask):
    answer = ask(
        "What is the weather in Paris?", temperature=0, max_tokens=600,
        extra_body={"guided_choice": ["sunny", "rainy"],
                    "chat_template_kwargs": {"enable_thinking": True}},
    )
    if answer.choices[0].finish_reason == "stop":
        assert answer.choices[0].message.content.strip() in ("sunny", "rainy")
