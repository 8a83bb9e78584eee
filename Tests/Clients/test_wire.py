"""Requests that no HTTP library would send: each is answered or refused, and the server lives on."""

import json
import socket

import httpx
import pytest
from server import Server

HEAD = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
QUESTION = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}


@pytest.fixture(scope="module")
def own(cache):
    """A server of its own, in whose log nothing of this may be a failure."""
    with Server("--ctx-size", "192", cache=cache) as server:
        yield server
        assert httpx.get(server.url + "/health").json() == {"status": "ok"}
        assert not [line for line in server.log if " 500" in line or " error " in line]


def exchange(server, *parts: bytes, timeout: float = 30) -> bytes:
    """What comes back for `parts`, sent one after the other, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered before all was sent
        answer = b""
        try:
            while piece := connection.recv(1 << 16):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def post(content: bytes, *lines: str, path="/v1/chat/completions") -> bytes:
    head = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(content)}"]
    return "\r\n".join([*head, "connection: close", *lines, "", ""]).encode() + content


GARBAGE = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(40) + b"\r\n\r\n",
    "no version": b"GET /health\r\n\r\n",
    "unknown version": b"GET /health HTTP/7.3\r\nhost: x\r\n\r\n",
    "NUL in the head": b"GET /health HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n",
    "space before the colon": b"GET /health HTTP/1.1\r\nhost : x\r\n\r\n",
    "a head of 1 MiB": b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "an address of 1 MiB": b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    "100000 header fields": b"GET /health HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 100_000 + b"\r\n",
    "a negative length": HEAD.encode() + b"content-length: -1\r\n\r\n{}",
    "a length that is no number": HEAD.encode() + b"content-length: many\r\n\r\n{}",
    "a length beyond all numbers": HEAD.encode() + b"content-length: " + b"9" * 40 + b"\r\n\r\n{}",
    "two lengths": HEAD.encode() + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
    "length and chunks": HEAD.encode()
    + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a chunk of no length": HEAD.encode() + b"transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n",
    "a negative chunk": HEAD.encode() + b"transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk beyond all numbers": HEAD.encode()
    + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}\r\n",
    "a chunk longer than said": HEAD.encode()
    + b"transfer-encoding: chunked\r\n\r\n1\r\n{}{}{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_request_is_refused(own, name):
    """With a 4xx where there is a head to answer; the connection ends in every case."""
    answer = exchange(own, GARBAGE[name])
    assert all(400 <= status < 500 for status in statuses(answer)[:1]), answer[:300]
    assert answer.startswith(b"HTTP/1.") or answer == b""


BODIES = {
    "half of a character": b'{"messages":[{"role":"user","content":"\xe2\x82"}]}',
    "bytes that are no text": b'{"messages":[{"role":"user","content":"\xff\xfe\xc0\x80"}]}',
    "half of a surrogate": rb'{"messages":[{"role":"user","content":"\ud800"}],"max_tokens":1}',
    "a NUL": b'{"messages":[{"role":"user","content":"a\0b"}]}',
    "an escaped NUL": rb'{"messages":[{"role":"user","content":"a\u0000b"}],"max_tokens":1}',
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(QUESTION).encode(),
    "UTF-16": json.dumps(QUESTION).encode("utf-16"),
    "nothing but brackets": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a deep schema": json.dumps(QUESTION).encode()[:-1]
    + b',"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":'
    + b'{"items":' * 5000 + b"{}" + b"}" * 5000 + b"}}}",
    "a number beyond all": b'{"messages":[{"role":"user","content":"Hi"}],"max_tokens":1e999}',
    "a number of 100000 digits": b'{"messages":[{"role":"user","content":"Hi"}],"seed":'
    + b"9" * 100_000 + b"}",
    "a fraction of 100000 digits": b'{"messages":[{"role":"user","content":"Hi"}],"temperature":0.'
    + b"1" * 100_000 + b',"max_tokens":1}',
    "not a number": b'{"messages":[{"role":"user","content":"Hi"}],"temperature":NaN}',
    "the same key twice": b'{"messages":1,"messages":[{"role":"user","content":"Hi"}],"max_tokens":1}',
    "100000 keys": b"{" + b",".join(b'"k%d":1' % number for number in range(100_000)) + b"}",
    "100000 messages": json.dumps(
        {"messages": [{"role": "user", "content": "Hi"}] * 100_000}
    ).encode(),
    "100000 stop strings": json.dumps({**QUESTION, "stop": ["x"] * 100_000}).encode(),
    "100000 tools": json.dumps(
        {**QUESTION, "tools": [{"type": "function", "function": {"name": "f"}}] * 100_000}
    ).encode(),
    "a name of 1 MiB": json.dumps(
        {**QUESTION, "tools": [{"type": "function", "function": {"name": "f" * (1 << 20)}}]}
    ).encode(),
    "a key of 1 MiB": json.dumps({**QUESTION, "k" * (1 << 20): 1}).encode(),
    "more than is taken": b" " * (11 << 20),
    "nothing": b"",
    "white space": b" \n ",
    "two values": b"{}{}",
}
PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses", "/tokenize"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", BODIES)
def test_every_body_gets_an_answer(own, name, path):
    answer = exchange(own, post(BODIES[name], path=path), timeout=60)
    status, *more = statuses(answer)
    assert more == [] and (status == 200 or 400 <= status < 500), answer[:300]
    content = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert status == 200 or content["error"]["message"]


def test_a_text_may_hold_what_JSON_can_say(own):
    """Only what isn't JSON is refused."""
    for name in ["an escaped NUL", "the same key twice", "a fraction of 100000 digits"]:
        assert statuses(exchange(own, post(BODIES[name]))) == [200], name


def test_a_body_may_come_in_chunks_of_one_byte(own):
    content = json.dumps(QUESTION).encode()
    chunks = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in content) + b"0\r\ntrailer: x\r\n\r\n"
    head = HEAD.encode() + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    assert statuses(exchange(own, head + chunks)) == [200]


def test_a_body_in_chunks_may_not_be_too_large_either(own):
    """And one who sends all of it before reading isn't kept waiting."""
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    head = HEAD.encode() + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    assert statuses(exchange(own, head, *[chunk] * 40, b"0\r\n\r\n")) == [413]


def test_a_refused_body_may_not_go_on_for_ever(own):
    """Not even in chunks on a connection that stays: after 64 MiB it ends."""
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", own.port), timeout=30) as connection:
        connection.sendall(HEAD.encode() + b"transfer-encoding: chunked\r\n\r\n" + chunk * 20)
        answer = connection.recv(1 << 16)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < 256:
                connection.sendall(chunk)
                sent += 1
    assert statuses(answer) == [413]
    assert b"connection: close" not in answer.lower()
    assert 32 < sent < 128


OLD = {
    "a chat": (CHAT_10 := b"POST /v1/chat/completions HTTP/1.0\r\n", QUESTION, 200),
    "a stream": (CHAT_10, {**QUESTION, "stream": True}, 200),
    "a refusal": (CHAT_10, {"messages": 1}, 400),
    "health": (b"GET /health HTTP/1.0\r\n", None, 200),
    "nothing": (b"HEAD /health HTTP/1.0\r\n", None, 200),
}


@pytest.mark.parametrize("more", [b"", b"connection: keep-alive\r\n"])
@pytest.mark.parametrize("name", OLD)
def test_a_client_of_HTTP_1_0_knows_where_its_answer_ends(own, name, more):
    line, content, expected = OLD[name]
    body = b"" if content is None else json.dumps(content).encode()
    length = b"" if content is None else b"content-length: %d\r\n" % len(body)
    answer = exchange(own, line + length + more + b"\r\n" + body)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 %d" % expected), answer[:300]
    assert b"connection: close" in head.lower() and b"chunked" not in head.lower()
    if name == "a stream":
        assert rest.startswith(b"data: ") and rest.endswith(b"data: [DONE]\n\n")
    elif name == "nothing":
        assert rest == b""
    else:
        assert json.loads(rest)


def keep(content: bytes) -> bytes:
    """A question on a connection that stays open."""
    return HEAD.encode() + b"content-length: %d\r\n\r\n" % len(content) + content


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "host: x", *lines, "", ""]).encode()


CHAT = keep(json.dumps(QUESTION).encode())
STREAM = keep(json.dumps({**QUESTION, "stream": True}).encode())
LAST = get("/nope", "Connection: Close, TE", "te: trailers")
IN_A_ROW = {
    "whole answers": ([CHAT, CHAT, get("/health"), LAST], [200, 200, 200, 404]),
    "streams": ([STREAM, STREAM, get("/nope"), STREAM, LAST], [200, 200, 404, 200, 404]),
    "refusals": ([keep(b"{"), keep(b" " * (11 << 20)), CHAT, LAST], [400, 413, 200, 404]),
    "something behind the last": ([CHAT, LAST, CHAT, b"garbage"], [200, 404]),
}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("name", IN_A_ROW)
def test_requests_sent_without_waiting_are_answered_in_their_order(own, name, apart):
    requests, expected = IN_A_ROW[name]
    answer = exchange(own, *(requests if apart else [b"".join(requests)]))
    assert statuses(answer) == expected
    *others, last = answer.split(b"HTTP/1.1 ")[1:]
    assert b"connection: close" in last.lower()
    assert not any(b"connection: close" in other.lower() for other in others)


def test_a_client_that_expects_to_be_told_to_continue_is(own):
    content = json.dumps(QUESTION).encode()
    with socket.create_connection(("127.0.0.1", own.port), timeout=10) as connection:
        connection.sendall(post(content, "expect: 100-continue")[: -len(content)])
        connection.settimeout(2)
        try:
            told = connection.recv(1000)
        except TimeoutError:
            told = b""
        connection.sendall(content)
        connection.settimeout(10)
        while piece := connection.recv(1 << 16):
            told += piece
    assert statuses(told)[-1] == 200


def test_half_a_request_is_no_request(own):
    for part in [b"", b"G", b"GET /health HTTP/1.1\r\n", HEAD.encode() + b"content-length: 9\r\n\r\n{"]:
        with socket.create_connection(("127.0.0.1", own.port), timeout=10) as connection:
            connection.sendall(part)
    with socket.create_connection(("127.0.0.1", own.port), timeout=10) as connection:
        connection.sendall(b"GET /heal")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass
    assert httpx.get(own.url + "/health").status_code == 200
