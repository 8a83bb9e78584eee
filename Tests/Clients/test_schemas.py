"""What goes over the wire, against JSON Schemas made from the packages' own types."""

import functools
import json
from typing import get_args

import anthropic.types
import httpx
import jsonschema
import openai.types
import openai.types.chat
import openai.types.responses
import pydantic
import pytest

QUESTION = [{"role": "user", "content": "Tell me the days of the week."}]
WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
FUNCTION = {"name": "get_weather", "description": "Look up the weather", "parameters": SCHEMA}
CHAT_TOOLS = {"messages": WEATHER, "tools": [{"type": "function", "function": FUNCTION}]}
RESPONSE_TOOLS = {
    "input": WEATHER, "tools": [{"type": "function", **FUNCTION, "strict": False}],
}
MESSAGE_TOOLS = {
    "max_tokens": 100, "messages": WEATHER,
    "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
}


@functools.cache
def validator(kind):
    schema = pydantic.TypeAdapter(kind).json_schema()
    # A member that the type gives a default may be left out; nothing else may.
    return jsonschema.Draft202012Validator(schema)


def check(kind, value):
    errors = [error.message for error in validator(kind).iter_errors(value)]
    assert not errors, (errors[:3], value)


def frames(response):
    """The values of a stream's `data:` lines."""
    assert response.status_code == 200, response.text
    lines = [line[6:] for line in response.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def by_type(union):
    """The members of a union of events by the value of their `type`."""
    kinds = {}
    for kind in get_args(get_args(union)[0]):
        for name in get_args(kind.model_fields["type"].annotation):
            kinds[name] = kind
    return kinds


@pytest.fixture
def post(server):
    def post(path, body, **options):
        return httpx.post(
            server.url + path, json={"temperature": 0, **body, **options}, timeout=60
        )

    return post


@pytest.mark.parametrize(
    "body",
    [
        {"messages": QUESTION},
        {"messages": QUESTION, "n": 2, "max_tokens": 5},
        {"messages": QUESTION, "logprobs": True, "top_logprobs": 2, "max_tokens": 5},
        {"messages": WEATHER, "response_format": {"type": "json_object"}, "max_tokens": 40},
        CHAT_TOOLS,
        {**CHAT_TOOLS, "tool_choice": "required"},
    ],
)
def test_a_chat_completion_is_as_declared(post, body):
    chat = "/v1/chat/completions"
    check(openai.types.chat.ChatCompletion, post(chat, body).json())
    for options in ({}, {"include_usage": True}, {"include_usage": False}):
        for chunk in frames(post(chat, body, stream=True, stream_options=options)):
            check(openai.types.chat.ChatCompletionChunk, chunk)


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "Once", "max_tokens": 3},
        {"prompt": ["Once", "a"], "n": 2, "max_tokens": 3},
        {"prompt": "Once", "max_tokens": 3, "echo": True, "logprobs": 2},
    ],
)
def test_a_completion_is_as_declared(post, body):
    check(openai.types.Completion, fitted(post("/v1/completions", body).json()))
    for options in ({}, {"include_usage": True}):
        for chunk in frames(post("/v1/completions", body, stream=True, stream_options=options)):
            check(openai.types.Completion, fitted(chunk))


def fitted(completion):
    """Without two nulls that OpenAI sends and its types leave out: a choice of a stream has no
    reason to end before it ends, and an echoed prompt's first token has no log-probability."""
    for choice in completion["choices"]:
        choice["finish_reason"] = choice["finish_reason"] or "stop"
        if choice["logprobs"]:
            for name in ("token_logprobs", "top_logprobs"):
                if choice["logprobs"][name][:1] == [None]:
                    del choice["logprobs"][name][0]
    return completion


@pytest.mark.parametrize("body", [{"input": QUESTION}, RESPONSE_TOOLS])
def test_a_response_and_its_events_are_as_declared(post, body):
    check(openai.types.responses.Response, post("/v1/responses", body).json())
    kinds = by_type(openai.types.responses.ResponseStreamEvent)
    for event in frames(post("/v1/responses", body, stream=True)):
        check(kinds[event["type"]], event)


@pytest.mark.parametrize("body", [{"max_tokens": 50, "messages": QUESTION}, MESSAGE_TOOLS])
def test_a_message_and_its_events_are_as_declared(post, body):
    body = {**body, "model": "pocket"}
    check(anthropic.types.Message, post("/v1/messages", body).json())
    kinds = by_type(anthropic.types.RawMessageStreamEvent)
    for event in frames(post("/v1/messages", body, stream=True)):
        if event["type"] != "ping":
            check(kinds[event["type"]], event)


def test_the_list_of_models_is_as_declared(server):
    listed = httpx.get(f"{server.url}/v1/models").json()["data"]
    one = httpx.get(f"{server.url}/v1/models/{listed[0]['id']}").json()
    for model in [*listed, one]:
        check(openai.types.Model, model)


def test_the_checks_find_what_is_missing(post):
    answer = post("/v1/chat/completions", {"messages": QUESTION, "max_tokens": 1}).json()
    del answer["choices"][0]["finish_reason"]
    with pytest.raises(AssertionError, match="finish_reason"):
        check(openai.types.chat.ChatCompletion, answer)
