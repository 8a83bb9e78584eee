"""Every stream says what its unstreamed twin says, whatever is asked for and in whatever mixture."""

import itertools
import json

import httpx
import pytest

TOOL = {
    "type": "object", "properties": {"place": {"type": "string", "maxLength": 12}},
    "required": ["place"], "additionalProperties": False,
}
FORM = {
    "type": "object", "properties": {"word": {"type": "string", "maxLength": 12}},
    "required": ["word"], "additionalProperties": False,
}
FUNCTION = {"name": "get_weather", "parameters": TOOL}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "form", "schema": FORM, "strict": True}}
# Sampled, so that choices differ.
BASE = {"seed": 11, "temperature": 1.0, "max_tokens": 60}
CHAT = {
    "n": {"n": 3},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "tools": {"tools": [{"type": "function", "function": FUNCTION}], "tool_choice": "required"},
    "stop": {"stop": ["e", " the"]},
    "reasoning": {"chat_template_kwargs": {"enable_thinking": True}},
    "schema": {"response_format": SCHEMA},
}
COMPLETION = {
    "n": {"n": 3}, "logprobs": {"logprobs": 2}, "stop": {"stop": ["e", " the"]},
    "prompts": {"prompt": ["Once", "The frog"]}, "echo": {"echo": True},
}
RESPONSE = {
    "logprobs": {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
    "tools": {"tools": [{"type": "function", **FUNCTION}], "tool_choice": "required"},
    "reasoning": {"reasoning": {"effort": "low"}},
    "schema": {"text": {"format": {"type": "json_schema", "name": "form", "schema": FORM}}},
}
MESSAGE = {
    "tools": {
        "tools": [{"name": "get_weather", "input_schema": TOOL}], "tool_choice": {"type": "any"}
    },
    "stop": {"stop_sequences": ["e", " the"]},
    "reasoning": {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1100},
}


def mixtures(features: dict) -> list[tuple[str, ...]]:
    """Nothing, each alone, and every two of them."""
    return [()] + [pair for size in (1, 2) for pair in itertools.combinations(features, size)]


def both(server, path: str, base: dict, features: dict, mixture) -> tuple[dict, list[dict]]:
    """The whole answer, and the frames of its stream."""
    body = dict(base)
    for name in mixture:
        body.update(features[name])
    whole = httpx.post(server.url + path, json=body, timeout=60)
    stream = httpx.post(server.url + path, json={**body, "stream": True}, timeout=60)
    assert whole.status_code == stream.status_code == 200, (whole.text, stream.text)
    lines = [line[6:] for line in stream.text.splitlines() if line.startswith("data: ")]
    return whole.json(), [json.loads(line) for line in lines if line != "[DONE]"]


def same(one, other):
    """Equal but for names made by chance."""
    def bare(value):
        if isinstance(value, dict):
            chance = ("id", "call_id", "item_id", "signature")
            return {key: bare(part) for key, part in value.items() if key not in chance}
        return [bare(part) for part in value] if isinstance(value, list) else value

    assert bare(one) == bare(other)


def parts(frames: list[dict], index: int) -> list[dict]:
    choices = (choice for frame in frames for choice in frame["choices"])
    return [choice for choice in choices if choice["index"] == index]


@pytest.mark.parametrize("mixture", mixtures(CHAT), ids="+".join)
def test_chat(server, mixture):
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    whole, frames = both(
        server, "/v1/chat/completions", {**BASE, "messages": question}, CHAT, mixture)
    assert len(whole["choices"]) == (3 if "n" in mixture else 1)
    for choice in whole["choices"]:
        chunks = parts(frames, choice["index"])
        message = choice["message"]
        for member in ("content", "reasoning_content"):
            told = "".join(chunk["delta"].get(member) or "" for chunk in chunks)
            assert told == (message.get(member) or "")
        calls = {}
        for call in (call for chunk in chunks for call in chunk["delta"].get("tool_calls", [])):
            known = calls.setdefault(call["index"], {"name": "", "arguments": ""})
            for member in known:
                known[member] += call["function"].get(member) or ""
        assert list(calls.values()) == [
            call["function"] for call in message.get("tool_calls") or []
        ]
        assert [c["finish_reason"] for c in chunks if c["finish_reason"]] == [
            choice["finish_reason"]
        ]
        tokens = [t for c in chunks for t in (c.get("logprobs") or {}).get("content") or []]
        assert tokens == ((choice["logprobs"] or {}).get("content") or [])
        assert bool(tokens) == ("logprobs" in mixture)


@pytest.mark.parametrize("mixture", mixtures(COMPLETION), ids="+".join)
def test_completions(server, mixture):
    whole, frames = both(
        server, "/v1/completions", {**BASE, "prompt": "Once upon a time"}, COMPLETION, mixture)
    assert len(whole["choices"]) == (3 if "n" in mixture else 1) * (
        2 if "prompts" in mixture else 1
    )
    for choice in whole["choices"]:
        chunks = parts(frames, choice["index"])
        assert "".join(chunk["text"] for chunk in chunks) == choice["text"]
        assert chunks[-1]["finish_reason"] == choice["finish_reason"]
        for member in ("tokens", "token_logprobs", "top_logprobs", "text_offset"):
            told = [x for c in chunks for x in (c.get("logprobs") or {}).get(member) or []]
            assert told == ((choice["logprobs"] or {}).get(member) or []), member


@pytest.mark.parametrize("mixture", mixtures(RESPONSE), ids="+".join)
def test_responses(server, mixture):
    base = {"seed": 11, "temperature": 1.0, "max_output_tokens": 60, "input": "Tell me a story."}
    whole, frames = both(server, "/v1/responses", base, RESPONSE, mixture)
    last = frames[-1]["response"]
    for member in ("output", "status", "incomplete_details"):
        same(last[member], whole[member])
    done = [f["item"] for f in frames if f["type"] == "response.output_item.done"]
    same(done, whole["output"])
    told = "".join(f["delta"] for f in frames if f["type"] == "response.output_text.delta")
    texts = [part for item in whole["output"] if item["type"] == "message"
             for part in item["content"]]
    assert told == "".join(part["text"] for part in texts)
    if "logprobs" in mixture:
        streamed = [
            entry for f in frames if f["type"] == "response.output_text.delta"
            for entry in f["logprobs"]
        ]
        same(streamed, [entry for part in texts for entry in part["logprobs"]])


@pytest.mark.parametrize("mixture", mixtures(MESSAGE), ids="+".join)
def test_messages(server, mixture):
    base = {
        "model": "m", "max_tokens": 60, "temperature": 0,
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
    }
    whole, frames = both(server, "/v1/messages", base, MESSAGE, mixture)
    blocks: list[dict] = []
    for frame in frames:
        if frame["type"] == "content_block_start":
            blocks.append(dict(frame["content_block"], json=""))
        if frame["type"] == "content_block_delta":
            delta = frame["delta"]
            for member, into in (("text", "text"), ("thinking", "thinking"),
                                 ("partial_json", "json")):
                blocks[-1][into] = blocks[-1].get(into, "") + delta.get(member, "")
    for block in blocks:
        spelt = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = json.loads(spelt)
        for member in ("text", "thinking"):
            if member != block["type"]:
                block.pop(member, None)
    same(blocks, whole["content"])
    (end,) = [frame["delta"] for frame in frames if frame["type"] == "message_delta"]
    assert end["stop_reason"] == whole["stop_reason"]
    assert end["stop_sequence"] == whole["stop_sequence"]
