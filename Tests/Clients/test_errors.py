"""Refusals, as the openai package reports them and on the bare wire."""

import json
import socket

import httpx
import openai
import pytest


@pytest.mark.parametrize(
    "options, field",
    [
        ({"temperature": -1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"n": 0}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [""]}, "stop[0]"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"extra_body": {"guided_json": {"type": "array", "contains": {}}}}, "guided_json"),
        ({"extra_body": {"grammar": "root ::= other"}}, "grammar"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"extra_body": {"tempurature": 1}}, "tempurature"),
        ({"tools": [{"type": "function", "function": {"name": "f", "strict": True,
                     "parameters": {"type": "object", "properties": {"a": {"contains": {}}}}}}]},
         "tools"),
    ],
)
def test_a_field_that_cannot_be_honoured_is_named(ask, options, field):
    with pytest.raises(openai.BadRequestError) as refusal:
        ask("Hi", **options)
    assert refusal.value.param == field
    assert refusal.value.type == "invalid_request_error"
    assert refusal.value.code


def test_an_image_is_refused_by_its_place(client):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(
            model="pocket", messages=[{"role": "user", "content": parts}]
        )
    assert refusal.value.param == "messages[0].content[1].type"
    assert "vision" in refusal.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_over_the_context_is_refused(ask, stream):
    with pytest.raises(openai.BadRequestError) as refusal:
        ask("word " * 5000, stream=stream)
    assert refusal.value.code == "context_length_exceeded"


def test_the_context_ends_an_answer(client):
    filler = "Tell me a long story about a frog. " * 200
    answer = client.chat.completions.create(
        model="pocket", temperature=0, messages=[{"role": "user", "content": filler}],
        extra_body={"ignore_eos": True},
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.total_tokens == 2048


def test_an_unknown_model_is_not_found_in_the_list(client):
    with pytest.raises(openai.NotFoundError) as refusal:
        client.models.retrieve("other")
    assert refusal.value.code == "model_not_found"


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("POST", "/v1/chat/completions", "", 400),
        ("POST", "/v1/chat/completions", "{", 400),
        ("POST", "/v1/chat/completions", "[]", 400),
        ("POST", "/v1/chat/completions", '{"messages": []}', 400),
        ("POST", "/v1/chat/completions", "[" * 100_000, 400),
        ("POST", "/v1/chat/completions", '{"a": "' + "x" * (11 << 20) + '"}', 413),
        ("GET", "/v1/chat/completions", None, 405),
        ("POST", "/v1/models", "{}", 405),
        ("GET", "/v1/nothing", None, 404),
        ("POST", "/v1/cancel", '{"what": 1}', 400),
    ],
)
def test_every_refusal_has_the_apis_shape(server, method, path, body, status):
    response = httpx.request(method, server.url + path, content=body, timeout=30)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"] and error["type"]


def test_a_body_in_chunks_over_the_limit_is_refused(server):
    def chunks():
        for _ in range(12):
            yield b"x" * (1 << 20)

    response = httpx.post(server.url + "/v1/chat/completions", content=chunks(), timeout=30)
    assert response.status_code == 413


def test_bytes_that_are_not_http_do_no_harm(server):
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    assert httpx.get(server.url + "/health").json() == {"status": "ok"}


def test_an_error_leaves_the_connection_open(server):
    """A refused request must not cost its client the connection."""
    with httpx.Client(base_url=server.url) as session:
        for _ in range(3):
            refused = session.post("/v1/chat/completions", content="{}")
            assert refused.status_code == 400
            assert "connection" not in refused.headers
        assert json.loads(session.get("/health").text) == {"status": "ok"}
