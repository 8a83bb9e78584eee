"""Two replicas behind HAProxy, with the configuration of Packaging/haproxy.cfg."""

import concurrent.futures
import json
import shutil
import socket
import subprocess
import threading

import httpx
import pytest
from server import ROOT, Server, until

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
CONFIGURATION = ROOT / "Packaging" / "haproxy.cfg"
QUESTIONS = ["Tell me a story.", "What is rain?", "Name three animals.", "Why is the sky blue?"]

pytestmark = pytest.mark.skipif(not HAPROXY, reason="haproxy isn't installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """HAProxy on a free port, in front of two servers."""

    def __init__(self, folder, one, two):
        self.port = free_port()
        text = CONFIGURATION.read_text()
        for old, new in (("8080", self.port), ("8081", one.port), ("8082", two.port)):
            assert text.count(f"127.0.0.1:{old}") == 1
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        file = folder / "haproxy.cfg"
        file.write_text(text)
        subprocess.run([HAPROXY, "-c", "-q", "-f", file], check=True)
        self.log = (folder / "haproxy.log").open("w+")
        self.process = subprocess.Popen([HAPROXY, "-db", "-f", file], stderr=self.log)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        until(self.is_ready, 20, "the proxy has no replica")
        return self

    def is_ready(self):
        try:
            return httpx.get(self.url + "/health").status_code == 200
        except httpx.HTTPError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


def ask(url, question, tokens=60, on_start=lambda: None):
    """A streamed answer, which must be whole; and how it ended."""
    content = {
        "messages": [{"role": "user", "content": question}], "stream": True, "temperature": 0,
        "max_tokens": tokens, "min_tokens": tokens,
    }
    text, reason, last = "", None, None
    with httpx.stream("POST", url + "/v1/chat/completions", json=content, timeout=60) as response:
        assert response.status_code == 200, response.read()
        for line in response.iter_lines():
            if not line.startswith("data: "):
                continue
            last = line
            if line == "data: [DONE]":
                break
            for choice in json.loads(line[6:])["choices"]:
                if choice["delta"].get("content"):
                    on_start()
                    text += choice["delta"]["content"]
                reason = choice["finish_reason"] or reason
    assert last == "data: [DONE]"
    return text, reason


def test_both_replicas_get_requests_and_answer_alike(cache, tmp_path):
    with Server(cache=cache) as one, Server(cache=cache) as two, Proxy(tmp_path, one, two) as proxy:
        expected = [ask(one.url, question) for question in QUESTIONS]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda question: ask(proxy.url, question), QUESTIONS * 3))
        assert answers == expected * 3
        for server in (one, two):
            assert sum("chatcmpl-" in line for line in server.log) > len(QUESTIONS)


def test_a_replica_leaves_without_losing_an_answer(cache, tmp_path):
    """SIGTERM while streams run and requests keep coming: none of them may notice."""
    with Server("--grace", "60", cache=cache) as one, Server(cache=cache) as two:
        expected = {question: ask(two.url, question, 150) for question in QUESTIONS}
        with Proxy(tmp_path, one, two) as proxy:
            started = threading.Semaphore(0)
            has_ended = threading.Event()

            def keep_asking(question):
                answers = []
                while not has_ended.is_set() or len(answers) < 3:
                    answers.append(ask(proxy.url, question, 150, started.release))
                return answers

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                running = [pool.submit(keep_asking, question) for question in QUESTIONS * 2]
                for _ in range(200):
                    assert started.acquire(timeout=30)
                one.process.terminate()
                assert one.wait_until_ended(60) == 0
                has_ended.set()
                for question, answers in zip(QUESTIONS * 2, running):
                    assert answers.result() == [expected[question]] * len(answers.result())
            # Only one is left, and the next request doesn't know.
            assert ask(proxy.url, QUESTIONS[0], 150) == expected[QUESTIONS[0]]
            assert all(any("chatcmpl-" in line for line in server.log) for server in (one, two))


def test_a_replica_that_dies_is_left_out(cache, tmp_path):
    with Server(cache=cache) as one, Server(cache=cache) as two, Proxy(tmp_path, one, two) as proxy:
        expected = ask(two.url, QUESTIONS[0])
        one.process.kill()
        assert [ask(proxy.url, QUESTIONS[0]) for _ in range(4)] == [expected] * 4


def test_a_replica_that_loads_gets_no_request(cache, tmp_path):
    """An empty cache: the second replica compiles while the first one answers."""
    with Server(cache=cache) as one:
        loading = Server("--port", str(free_port()), cache=tmp_path / "empty")
        loading.port = int(loading.process.args[loading.process.args.index("--port", 5) + 1])
        with Proxy(tmp_path, one, loading) as proxy:
            expected = ask(one.url, QUESTIONS[0])
            assert [ask(proxy.url, QUESTIONS[0]) for _ in range(4)] == [expected] * 4
            loading.wait_until_ready()
            before = len(loading.log)
            until(lambda: answers_itself(loading, proxy, before), 30, "it got no request")
        loading.stop()


def answers_itself(server, proxy, before):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda question: ask(proxy.url, question, 20), QUESTIONS))
    return any("chatcmpl-" in line for line in server.log[before:])
