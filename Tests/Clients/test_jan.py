"""Jan's desktop app as a client: it starts the server itself, reads its lines, and talks to it."""

import json
import time

import httpx
import pytest
from server import POCKET, Server, until

KEY = "key-of-the-app"
HEADERS = {"Authorization": f"Bearer {KEY}", "Origin": "tauri://localhost"}
READY = ("http server listening", "server is listening", "server started", "ready to accept")
MEMORY = ("out of memory", "failed to allocate", "insufficient memory")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a city.",
        "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        },
    },
}


@pytest.fixture(scope="module")
def jan(cache):
    """Started as the app starts it: a file of the model, the key twice, no host."""
    options = ("--model-id", "jan/pocket", "--ctx-size", "2048", "--api-key", KEY)
    model = POCKET / "model.safetensors"
    with Server(*options, cache=cache, model=model, environment={"MLX_API_KEY": KEY}) as server:
        server.base = f"http://localhost:{server.port}"
        yield server


def events(jan, **body):
    """The chunks of one streamed answer, as the app asks for it: usage isn't asked for."""
    body = {"model": "jan/pocket", "stream": True, "temperature": 0, **body}
    url = jan.base + "/v1/chat/completions"
    with httpx.stream("POST", url, json=body, headers=HEADERS, timeout=60) as response:
        assert response.status_code == 200, response.read()
        for line in response.iter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                yield json.loads(line[6:])


def user(text):
    return {"role": "user", "content": text}


def test_it_sees_that_the_server_is_ready(jan):
    assert any(mark in line.lower() for line in jan.output for mark in READY)
    assert httpx.get(jan.base + "/health").status_code == 200
    models = httpx.get(jan.base + "/v1/models", headers=HEADERS).json()
    assert [model["id"] for model in models["data"]] == ["jan/pocket"]


def test_an_answer_ends_with_what_the_app_shows(jan):
    chunks = list(
        events(
            jan, messages=[user("Tell me a short story.")], max_tokens=24, top_p=0.95, top_k=40,
            presence_penalty=0, frequency_penalty=0, repeat_penalty=1.0, stop=["<|never|>"],
        )
    )
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    assert text
    timings, usage = chunks[-1]["timings"], chunks[-1]["usage"]
    assert usage["completion_tokens"] == timings["predicted_n"] <= 24
    assert timings["prompt_n"] + timings["cache_n"] == usage["prompt_tokens"]
    assert timings["predicted_per_second"] > 0 and timings["prompt_per_second"] > 0


def test_a_call_and_its_result_make_an_answer(jan):
    messages = [user("What is the weather in Oslo?")]
    calls = {}
    for chunk in events(jan, messages=messages, tools=[WEATHER], tool_choice="required"):
        for choice in chunk["choices"]:
            for delta in choice["delta"].get("tool_calls") or []:
                call = calls.setdefault(delta["index"], {"id": delta.get("id"), "text": ""})
                call["text"] += delta["function"].get("arguments") or ""
                call["name"] = delta["function"].get("name") or call.get("name")
    assert [call["name"] for call in calls.values()] == ["get_weather"] * len(calls) != []
    assert all("city" in json.loads(call["text"]) for call in calls.values())
    history = [
        {
            "id": call["id"], "type": "function",
            "function": {"name": call["name"], "arguments": call["text"]},
        }
        for call in calls.values()
    ]
    messages.append({"role": "assistant", "content": None, "tool_calls": history})
    messages += [
        {"role": "tool", "tool_call_id": call["id"], "content": '{"temperature": 12}'}
        for call in calls.values()
    ]
    last = list(events(jan, messages=messages, tools=[WEATHER], max_tokens=40))[-1]
    assert last["usage"]["completion_tokens"] > 0


def test_stopping_an_answer_ends_it(jan):
    stream = events(
        jan, messages=[user("Tell me a story.")], max_tokens=1500, min_tokens=1500, ignore_eos=True
    )
    next(stream)
    answer = httpx.post(jan.base + "/v1/cancel", json={}, headers=HEADERS)
    assert answer.json() == {"status": "cancelled", "cancelled_count": 1}
    *_, last = stream
    assert last["usage"]["completion_tokens"] < 1500
    idle = {"status": "no_active_generation", "cancelled_count": 0}
    until(lambda: httpx.post(jan.base + "/v1/cancel", json={}, headers=HEADERS).json() == idle)


def test_another_programs_key_does_not_open_it(jan):
    body = {"model": "m", "messages": [user("Hi")]}
    wrong = {**HEADERS, "Authorization": "Bearer other"}
    for path in ("/v1/chat/completions", "/v1/cancel"):
        assert httpx.post(jan.base + path, json=body, headers=wrong).status_code == 401


def test_a_model_that_does_not_fit_is_told_apart(cache):
    # The app sorts failures by what standard error says.
    server = Server("--memory", "1m", cache=cache)
    assert server.wait_until_ended() == 1
    assert any(mark in "\n".join(server.log).lower() for mark in MEMORY)


def test_it_is_gone_soon_after_it_was_told_to(cache):
    server = Server("--ctx-size", "2048", cache=cache).wait_until_ready()
    start = time.monotonic()
    server.process.terminate()
    assert server.wait_until_ended() == 0
    assert time.monotonic() - start < 2
