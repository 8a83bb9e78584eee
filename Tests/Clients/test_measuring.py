"""Programs that measure servers by their streams, as mlx-lm's server_benchmark.py does: a token is a
`data:` line with a choice that isn't cut off, and the first one is the time to the first token."""

import json

import httpx
import pytest

PROMPTS = ["Explain quantum computing in simple terms.", "How do vaccines work in the human body?"]


def lines(server, prompt, tokens):
    """The `data:` lines of one answer, asked for as that program does: with no temperature."""
    body = {
        "model": "default_model", "messages": [{"role": "user", "content": prompt}],
        "max_tokens": tokens, "stream": True,
    }
    headers = {"Authorization": "Bearer none"}
    url = server.url + "/v1/chat/completions"
    with httpx.stream("POST", url, json=body, headers=headers, timeout=60) as response:
        assert response.status_code == 200, response.read()
        data = [line[5:].strip() for line in response.iter_lines() if line.startswith("data:")]
    assert data.pop() == "[DONE]"
    return [json.loads(line) for line in data]


def counted(chunks):
    """What the program takes for tokens."""
    return [
        chunk for chunk in chunks
        if chunk["choices"] and chunk["choices"][0]["finish_reason"] != "length"
    ]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_is_counted_was_generated(server, prompt):
    chunks = lines(server, prompt, tokens=40)
    usage = chunks[-1]["usage"]
    # Where the model ends by itself, the line that says so stands for its last token.
    assert len(counted(chunks)) == usage["completion_tokens"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_first_line_has_the_first_token(server, prompt):
    first = lines(server, prompt, tokens=3)[0]["choices"][0]["delta"]
    assert first["role"] == "assistant"
    assert first["content"] or first["reasoning_content"]
