"""Clients that leave, and answers that are ended for them: the engine must be free at once."""

import json
import socket
import time

import httpx
import openai
import pytest
from server import Server, until

LONG_TOKENS = 1500
LONG = {"ignore_eos": True, "min_tokens": LONG_TOKENS}


@pytest.fixture(scope="module")
def single(cache):
    """A server that answers one request at a time, so that a leftover would block the next."""
    # The compiled kernels would finish 1500 tokens of so small a model before anyone could leave.
    with Server("--parallel", "1", "--backend", "generic", cache=cache) as server:
        timings = ask(server, "Tell me a story.", max_tokens=20, min_tokens=20)["timings"]
        server.seconds_of_a_long_answer = LONG_TOKENS / timings["predicted_per_second"]
        yield server


def ask(server, text, **members) -> dict:
    response = httpx.post(
        server.url + "/v1/chat/completions", content=body(text=text, **members), timeout=120
    )
    assert response.status_code == 200
    return response.json()


def running(server) -> int:
    """How many answers are under way; ends them."""
    return httpx.post(server.url + "/v1/cancel").json()["cancelled_count"]


def body(**members) -> bytes:
    messages = [{"role": "user", "content": members.pop("text", "Tell me a long story.")}]
    return json.dumps({"messages": messages, **members}).encode()


def send(server, content: bytes) -> socket.socket:
    """Sends a request and hands over the connection, with nothing read."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    head = ["POST /v1/chat/completions HTTP/1.1", "host: x", f"content-length: {len(content)}"]
    connection.sendall("\r\n".join([*head, "", ""]).encode() + content)
    return connection


def assert_free(server):
    """The next request is answered promptly: nothing that was left stands before it."""
    start = time.monotonic()
    ask(server, "Hi", max_tokens=1)
    assert time.monotonic() - start < 0.7 * server.seconds_of_a_long_answer
    assert running(server) == 0


def test_closing_a_stream_ends_the_answer(single):
    client = openai.OpenAI(base_url=f"{single.url}/v1", api_key="none", max_retries=0)
    stream = client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Tell me a story."}], stream=True,
        extra_body=LONG,
    )
    for _, _ in zip(range(3), stream):
        pass
    stream.close()
    assert_free(single)


def test_leaving_before_the_first_token_ends_the_answer(single):
    prompt = "Tell me a long story about a frog and a clock. " * 100
    for stream in (True, False):
        send(single, body(text=f"{stream} {prompt}", stream=stream, **LONG)).close()
    assert_free(single)


def test_leaving_a_whole_answer_ends_it(single):
    connection = send(single, body(**LONG))
    time.sleep(0.05)
    connection.close()
    assert_free(single)


def test_leaving_the_queue_gives_up_the_place(single):
    first = send(single, body(stream=True, **LONG))
    first.recv(100)
    for _ in range(5):
        send(single, body(text="waits", stream=True, **LONG)).close()
    first.close()
    assert_free(single)


def test_cancel_ends_a_stream_as_streams_end(single):
    with httpx.stream(
        "POST", single.url + "/v1/chat/completions", content=body(stream=True, **LONG), timeout=30
    ) as response:
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        identifier = json.loads(next(lines)[6:])["id"]
        cancelled = httpx.post(single.url + "/v1/cancel", json={"id": identifier}).json()
        rest = list(lines)
    assert cancelled == {"status": "cancelled", "cancelled_count": 1}
    assert rest[-1] == "data: [DONE]"
    last = json.loads(rest[-2][6:])
    assert last["cancelled"] is True
    assert last["choices"][0]["finish_reason"] == "stop"
    assert running(single) == 0


def test_cancel_says_when_nothing_runs(single):
    until(lambda: running(single) == 0)
    assert httpx.post(single.url + "/v1/cancel", json={}).json() == {
        "status": "no_active_generation",
        "cancelled_count": 0,
    }
