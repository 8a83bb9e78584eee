"""mlx-server as a program: start, keys, addresses, signals, and causes of failure."""

import json
import os
import re
import socket
import threading
import time

import httpx
import openai
import pytest
from server import POCKET, Server, until


def test_it_prints_one_line_when_it_is_ready(server):
    assert server.output == [f"http server listening on {server.url}"]
    assert httpx.get(server.url + "/health").json() == {"status": "ok"}
    log = "\n".join(server.log)
    for word in ("pocket-chat-4bit", "backend", "context", "memory plan"):
        assert word in log


def test_a_key_opens_it(cache):
    with Server(
        "--ctx-size", "1k", "--model-id", "other/name", cache=cache,
        environment={"MLX_API_KEY": "secret"},
    ) as server:
        def client(key):
            return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)

        assert client("secret").models.list().data[0].id == "other/name"
        assert client("secret").models.retrieve("other/name").id == "other/name"
        for key in ("wrong", "secre", "secrets"):
            with pytest.raises(openai.AuthenticationError) as refusal:
                client(key).models.list()
            assert refusal.value.code == "invalid_api_key"
        assert httpx.get(server.url + "/health").status_code == 200
        with pytest.raises(openai.BadRequestError) as refusal:
            client("secret").chat.completions.create(
                model="m", messages=[{"role": "user", "content": "word " * 1500}]
            )
        assert "1024" in refusal.value.message


def test_localhost_is_both_addresses(cache):
    with Server("--host", "localhost", cache=cache, model=POCKET / "config.json") as server:
        assert server.url.startswith("http://127.0.0.1:")
        for host in ("127.0.0.1", "localhost", *(["[::1]"] if has_ipv6() else [])):
            assert httpx.get(f"http://{host}:{server.port}/health").status_code == 200


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_a_stream_finishes_when_it_is_told_to_stop(cache):
    server = Server(cache=cache).wait_until_ready()
    content = {
        "messages": [{"role": "user", "content": "Tell me a story."}], "stream": True,
        "max_tokens": 100, "min_tokens": 100,
    }
    url = server.url + "/v1/chat/completions"
    with httpx.stream("POST", url, json=content, timeout=30) as response:
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        next(lines)
        start = time.monotonic()
        server.process.terminate()
        rest = list(lines)
    assert server.wait_until_ended() == 0
    assert time.monotonic() - start < 8
    assert rest[-1] == "data: [DONE]"
    assert json.loads(rest[-2][6:])["choices"][0]["finish_reason"] in ("length", "stop")
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/health")


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_outlives_the_grace_is_ended_as_answers_end(cache, stream):
    # The generic backend: compiled kernels would be done with so small a model before that.
    server = Server("--backend", "generic", "--grace", "1", cache=cache).wait_until_ready()
    content = {
        "messages": [{"role": "user", "content": "Tell me a story."}], "stream": stream,
        "max_tokens": 1900, "min_tokens": 1900, "ignore_eos": True,
    }
    threading.Timer(0.5, server.process.terminate).start()
    answer = httpx.post(server.url + "/v1/chat/completions", json=content, timeout=30)
    assert server.wait_until_ended() == 0
    if stream:
        *_, last, done = [line[6:] for line in answer.text.splitlines() if line[:6] == "data: "]
        assert done == "[DONE]"
    else:
        last = answer.text
    assert json.loads(last)["cancelled"] is True
    assert 0 < json.loads(last)["usage"]["completion_tokens"] < 1900


def test_half_a_request_does_not_keep_it(cache):
    server = Server("--grace", "0", cache=cache).wait_until_ready()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{"
        )
        time.sleep(0.2)
        server.process.terminate()
        # Launchers kill after five seconds, the last of which are the default grace.
        assert server.process.wait(4) == 0


def test_idle_it_stops_at_once(cache):
    server = Server(cache=cache).wait_until_ready()
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 2


def test_while_it_loads_it_stops_at_once(tmp_path):
    # An empty cache: the model is being compiled when the signal comes.
    server = Server(cache=tmp_path)
    until(lambda: any("compiling" in line for line in server.log), 30)
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "options, cause",
    [
        (["-m", "/nowhere"], "/nowhere: no such file"),
        (["-m", os.path.dirname(__file__)], "config.json"),
        (["--host", "203.0.113.1"], "not an address of this machine"),
        (["--host", "nowhere.invalid"], "no address called nowhere.invalid"),
        (["--api-key-file", "/nowhere"], "/nowhere: No such file or directory"),
        (["--api-key-file", os.path.dirname(__file__)], "Can't be read as text"),
        (["--api-key-file", os.devnull], "Holds no key"),
        (["--draft-model", "/nowhere"], "/nowhere: no such file"),
    ],
)
def test_it_says_why_it_cannot_start(cache, options, cause):
    server = Server(*options, cache=cache)
    assert server.wait_until_ended() == 1
    assert server.output == []
    assert cause in "\n".join(server.log)


@pytest.mark.parametrize(
    "options, cause",
    [
        (["--port", "-1"], "--port must be between 0 and 65535"),
        (["--threads", "0"], "--threads must be between 1 and 1024"),
        (["--parallel", "-1"], "--parallel must be between 1 and 256"),
        (["--grace", "9999"], "--grace must be between 0 and 3600"),
        (["--ctx-size", "-4k"], "'-4k' is invalid for '--ctx-size"),
        (["--memory", "-1g"], "'-1g' is invalid for '--memory"),
        (["--backend", "gpu"], "one of 'auto', 'compiled' or 'generic'"),
        (["--host", ""], "--host needs"),
        (["--model", ""], "--model needs"),
        (["--cors-origin", "chat.example.com"], "isn't an origin"),
        (["--cors-origin", "https://chat.example.com/"], "isn't an origin"),
        (["--cache-type", "int8", "--backend", "generic"], "the generic backend keeps f32"),
        (["--nonsense"], "Unknown option '--nonsense'"),
    ],
)
def test_it_refuses_options_that_make_no_sense(cache, options, cause):
    server = Server(*options, cache=cache)
    assert server.wait_until_ended() == 64  # EX_USAGE
    assert server.output == []
    assert cause in "\n".join(server.log)


@pytest.mark.parametrize("option", [["--numerics", "exact"], ["--cache-type", "int8"]])
def test_a_bundle_keeps_what_it_was_compiled_with(cache, server, option):
    bundle = next(cache.glob("pocket-*-fast-int16-*.mlxbundle"))
    other = Server("--model", str(bundle), *option, cache=cache)
    assert other.wait_until_ended() == 1
    assert f"compile the model with {' '.join(option)}" in "\n".join(other.log)


def test_where_nothing_can_be_kept_it_serves_and_says_so(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with Server(cache=blocked / "cache") as server:
        assert httpx.get(server.url + "/health").status_code == 200
        log = "\n".join(server.log)
        assert "generic" in log and "$MLX_COMPILE_CACHE" in log and str(blocked) in log
        assert "NSCocoaErrorDomain" not in log


def test_it_says_when_the_port_is_taken(cache, server):
    second = Server("--port", str(server.port), cache=cache)
    assert second.wait_until_ended() == 1
    assert f"port {server.port} on 127.0.0.1 is already in use" in "\n".join(second.log)


def test_too_little_memory_says_how_much_is_enough(cache):
    little = Server("--ctx-size", "1024", "--memory", "64m", cache=cache)
    assert little.wait_until_ended() == 1
    told = re.search(r"insufficient memory: .* for all else; allow (\d+) bytes", "\n".join(little.log))
    with Server("--ctx-size", "1024", "--memory", told[1], cache=cache) as enough:
        log = "\n".join(enough.log)
        assert re.search(r"all else +\d+\.\d MB", log)
        assert "requests 16.8 MB, grammars 14.7 MB, stored responses 4.2 MB" in log
        plan = httpx.get(enough.url + "/props").json()["memory"]
        assert plan["total_bytes"] <= int(told[1])
        assert plan["total_bytes"] == sum(n for part, n in plan.items() if part != "total_bytes")
        body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4}
        assert httpx.post(enough.url + "/v1/chat/completions", json=body).status_code == 200
