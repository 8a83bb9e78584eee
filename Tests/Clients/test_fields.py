"""Every field that the packages can send: honoured, or refused by name.

The cases are made from the packages' own types, so a field that a new release adds fails here until
the server knows it.
"""

import anthropic.types.message_count_tokens_params as count_tokens
import anthropic.types.message_create_params as message
import httpx
import openai.types.chat.completion_create_params as chat
import openai.types.completion_create_params as completion
import openai.types.responses.response_create_params as response
import pytest
from samples import fields, samples

MESSAGES = [{"role": "user", "content": "Hi"}]
FUNCTION = {"name": "a", "parameters": {"type": "object", "properties": {}}}
APIS = {
    "/v1/chat/completions": (
        fields(chat.CompletionCreateParamsNonStreaming, chat.CompletionCreateParamsStreaming),
        {"messages": MESSAGES, "max_tokens": 1},
    ),
    "/v1/completions": (
        fields(
            completion.CompletionCreateParamsNonStreaming,
            completion.CompletionCreateParamsStreaming,
        ),
        {"prompt": "Hi", "max_tokens": 1},
    ),
    "/v1/responses": (
        fields(
            response.ResponseCreateParamsNonStreaming, response.ResponseCreateParamsStreaming
        ),
        {"input": "Hi", "max_output_tokens": 1},
    ),
    "/v1/messages": (
        fields(message.MessageCreateParamsNonStreaming, message.MessageCreateParamsStreaming),
        {"messages": MESSAGES, "max_tokens": 1},
    ),
    "/v1/messages/count_tokens": (
        fields(count_tokens.MessageCountTokensParams),
        {"messages": MESSAGES},
    ),
}
# What a field makes sense with only.
COMPANIONS = {
    ("/v1/chat/completions", "tool_choice"): {"tools": [{"type": "function", "function": FUNCTION}]},
    ("/v1/chat/completions", "top_logprobs"): {"logprobs": True},
    ("/v1/responses", "tool_choice"): {"tools": [{"type": "function", **FUNCTION}]},
    ("/v1/messages", "tool_choice"): {"tools": [{"name": "a", "input_schema": {"type": "object"}}]},
}
# Tried in full where nothing is generated.
COUNTED = APIS["/v1/messages/count_tokens"][0]
CASES = [(path, name) for path, (known, _) in APIS.items() for name in known]


@pytest.mark.parametrize("path, name", CASES)
def test_a_field_is_honoured_or_refused_by_name(server, path, name):
    known, plain = APIS[path]
    values = samples(known[name])
    assert values, f"no value of {known[name]} to try"
    if name == "model" or path == "/v1/messages" and name in COUNTED:
        values = values[:3]
    with httpx.Client(base_url=server.url, timeout=60) as session:
        for value in values:
            body = {**plain, **COMPANIONS.get((path, name), {}), name: value}
            if name == "stream_options":
                body["stream"] = True
            if name == "max_completion_tokens":
                del body["max_tokens"]
            answer = session.post(path, json=body)
            assert answer.status_code in (200, 400), (value, answer.text)
            if answer.status_code == 400:
                check_refusal(answer.json()["error"], name, value)


def check_refusal(error, name, value):
    assert error.get("code") != "unknown_parameter", (value, error)
    assert "Unrecognized" not in error["message"], (value, error)
    # Anthropic's errors name a field in words only.
    named = error["param"] if "param" in error else error["message"]
    assert name in named, (value, error)


@pytest.mark.parametrize("path", APIS)
def test_the_description_has_every_field_that_is_not_refused(server, path):
    document = httpx.get(f"{server.url}/openapi.json").json()
    body = document["paths"][path]["post"]["requestBody"]
    members = body["content"]["application/json"]["schema"]["properties"]
    known, plain = APIS[path]
    refused = [name for name in known if name not in members]
    assert "messages" not in refused and "input" not in refused
    with httpx.Client(base_url=server.url, timeout=60) as session:
        for name in refused:
            for value in samples(known[name])[:5]:
                answer = session.post(path, json={**plain, name: value})
                assert answer.status_code == 400, (name, value)
                assert name in answer.json()["error"]["message"]


def test_a_field_that_nobody_knows_is_refused(server):
    for path, (_, plain) in APIS.items():
        answer = httpx.post(server.url + path, json={**plain, "made_up": 1}, timeout=60)
        assert answer.status_code == 400
        assert "made_up" in answer.json()["error"]["message"]
