"""The Anthropic API through its own package: messages, streams, tools, and what agents send."""

import json

import anthropic
import pytest
from anthropic.types import Message, MessageTokensCount, RawMessageStreamEvent
from pydantic import TypeAdapter

QUESTION = "Tell me the days of the week."
EVENT = TypeAdapter(RawMessageStreamEvent)
TOOL = {
    "name": "get_weather",
    "description": "Look up the weather for a place",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string", "description": "The city"}},
        "required": ["place"],
    },
}
WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]


@pytest.fixture(scope="module")
def claude(server):
    return anthropic.Anthropic(
        base_url=server.url, api_key="none", max_retries=0, timeout=60
    )


@pytest.fixture
def say(claude):
    """`say("Hello")`: one user message to the model; or a list of messages."""

    def say(content, **options):
        messages = [{"role": "user", "content": content}] if isinstance(content, str) else content
        options.setdefault("max_tokens", 200)
        # Not a field of the newest package, though of the API.
        extra = {"temperature": 0, **options.pop("extra_body", {})}
        return claude.messages.create(
            model="pocket", messages=messages, extra_body=extra, **options
        )

    return say


def valid(message):
    """The message, checked against the package's own type without any leniency."""
    Message.model_validate_json(message.model_dump_json(), strict=True)
    return message


def text(message):
    return "".join(block.text for block in message.content if block.type == "text")


def test_a_message_is_what_the_package_expects(say):
    message = valid(say(QUESTION))
    assert message.id.startswith("msg_")
    assert message.model == "pocket"
    assert message.stop_reason == "end_turn" and message.stop_sequence is None
    assert "Monday" in text(message)
    assert message.usage.output_tokens > 0
    assert message.usage.input_tokens + message.usage.cache_read_input_tokens > 0


def test_the_events_of_a_stream_are_what_the_package_expects(say):
    kinds = []
    for event in say(QUESTION, stream=True):
        EVENT.validate_json(event.model_dump_json(), strict=True)
        kinds.append(event.type)
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
    assert kinds[-2] == "message_delta"
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 1
    assert kinds.count("content_block_delta") > 3


def test_the_stream_helper_folds_to_the_whole_message(claude, say):
    whole = say(QUESTION)
    with claude.messages.stream(
        model="pocket", max_tokens=200, messages=[{"role": "user", "content": QUESTION}],
        extra_body={"temperature": 0},
    ) as stream:
        pieces = list(stream.text_stream)
        final = valid(stream.get_final_message())
    assert "".join(pieces) == text(final) == text(whole)
    assert final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens


def test_limits_and_stop_sequences_say_how_it_ended(say):
    cut = say("Tell me a long story.", max_tokens=5)
    assert cut.stop_reason == "max_tokens" and cut.usage.output_tokens == 5
    whole = text(say(QUESTION))
    stop = whole[whole.index("Tues") : whole.index("Tues") + 12]
    stopped = say(QUESTION, stop_sequences=["never", stop])
    assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == stop
    assert text(stopped) == whole.split(stop)[0]


def test_a_prompt_is_read_from_the_cache(say):
    system = "You are a helpful AI assistant. " + "Be kind to frogs and to clocks. " * 30
    first = say("Hello", system=system, max_tokens=1).usage
    again = say("Hello", system=system, max_tokens=1).usage
    assert again.cache_read_input_tokens > 0
    total = first.input_tokens + first.cache_read_input_tokens
    assert again.input_tokens + again.cache_read_input_tokens == total


def test_tokens_are_counted_as_they_are_used(claude, say):
    request = {"system": "Be brief.", "messages": WEATHER, "tools": [TOOL]}
    count = claude.messages.count_tokens(model="pocket", **request)
    MessageTokensCount.model_validate_json(count.model_dump_json(), strict=True)
    messages = request.pop("messages")
    usage = say(messages, max_tokens=1, **request).usage
    assert usage.input_tokens + usage.cache_read_input_tokens == count.input_tokens


def test_a_tool_is_used_and_its_result_answered(say):
    asked = valid(say(WEATHER, tools=[TOOL]))
    assert asked.stop_reason == "tool_use"
    (use,) = [block for block in asked.content if block.type == "tool_use"]
    assert use.name == "get_weather" and use.input == {"place": "Paris"}
    result = {
        "type": "tool_result", "tool_use_id": use.id,
        "content": json.dumps({"temperature": "21 degrees", "sky": "sunny"}),
    }
    history = [
        *WEATHER,
        {"role": "assistant", "content": [block.model_dump() for block in asked.content]},
        {"role": "user", "content": [result]},
    ]
    answer = say(history, tools=[TOOL])
    assert answer.stop_reason == "end_turn"
    assert "sunny" in text(answer) or "21" in text(answer)


def test_a_streamed_tool_use_is_the_whole_one(claude, say):
    (whole,) = [block for block in say(WEATHER, tools=[TOOL]).content if block.type == "tool_use"]
    with claude.messages.stream(
        model="pocket", max_tokens=200, messages=WEATHER, tools=[TOOL],
        extra_body={"temperature": 0},
    ) as stream:
        for event in stream:
            if event.type == "input_json":
                assert isinstance(event.snapshot, dict)
        final = valid(stream.get_final_message())
    (streamed,) = [block for block in final.content if block.type == "tool_use"]
    assert (streamed.name, streamed.input) == (whole.name, whole.input)
    assert final.stop_reason == "tool_use"


def test_the_packages_tool_runner_goes_round(claude):
    asked = []

    @anthropic.beta_tool
    def get_weather(place: str) -> str:
        """Look up the weather for a place

        Args:
            place: The city
        """
        asked.append(place)
        return json.dumps({"temperature": "21 degrees", "sky": "sunny"})

    runner = claude.beta.messages.tool_runner(
        model="pocket", max_tokens=200, tools=[get_weather], messages=WEATHER,
        extra_body={"temperature": 0}, max_iterations=4,
        # The whole history with each request, not one that the server keeps.
        thread=False,
    )
    last = runner.until_done()
    assert asked and asked[0] == "Paris"
    assert last.stop_reason == "end_turn"


def agent_request():
    """A request shaped as coding agents send it: many tools, marked blocks, a long history."""
    tools = [
        {
            "name": f"Tool{number}",
            "description": f"Does the thing number {number}.",
            "input_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "path": {"type": "string"}, "limit": {"type": "number"},
                    "mode": {"type": "string", "enum": ["a", "b"]},
                },
                "required": ["path"], "additionalProperties": False,
            },
        }
        for number in range(12)
    ]
    tools[-1]["cache_control"] = {"type": "ephemeral"}
    system = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.0; cch=5a1f3;"},
        {"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral"}},
    ]
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>Be careful.</system-reminder>"},
                {"type": "text", "text": "Look at a.txt.", "cache_control": {"type": "ephemeral"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "I read it.", "signature": "c2ln"},
                {"type": "text", "text": "I look at it."},
                {"type": "tool_use", "id": "toolu_1", "name": "Tool1", "input": {"path": "a.txt"}},
                {"type": "tool_use", "id": "toolu_2", "name": "Tool2", "input": {"path": "b"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1",
                 "content": [{"type": "text", "text": "     1\u2192hello"}]},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "No such file",
                 "is_error": True, "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": "Now say hello."},
            ],
        },
    ]
    return {
        "model": "pocket", "max_tokens": 24, "system": system, "messages": messages,
        "tools": tools, "metadata": {"user_id": "user_0_account__session_1"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "extra_headers": {"anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14"},
        "extra_query": {"beta": "true"},
        "extra_body": {
            "temperature": 1,
            "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        },
    }


def test_an_agents_transcript_is_answered(claude):
    for event in claude.messages.create(**agent_request(), stream=True):
        EVENT.validate_json(event.model_dump_json(), strict=True)
    counted = agent_request()
    for name in ("max_tokens", "metadata"):
        del counted[name]
    counted["extra_body"].pop("temperature")
    assert claude.messages.count_tokens(**counted).input_tokens > 500


def test_the_billing_line_costs_no_cached_prompt(claude):
    request = agent_request()
    claude.messages.create(**{**request, "max_tokens": 1})
    request["system"][0]["text"] = "x-anthropic-billing-header: cc_version=2.1.0; cch=77777;"
    again = claude.messages.create(**{**request, "max_tokens": 1})
    assert again.usage.cache_read_input_tokens > 500


@pytest.mark.parametrize(
    "options, word",
    [
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"extra_body": {"container": "c"}}, "container"),
        ({"extra_body": {"tempurature": 1}}, "tempurature"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(say, options, word):
    with pytest.raises(anthropic.BadRequestError) as refusal:
        say("Hello", **options)
    body = refusal.value.body
    assert body["type"] == "error" and body["error"]["type"] == "invalid_request_error"
    assert word in body["error"]["message"]


def test_an_image_is_refused_as_long_as_nobody_can_see_it(say):
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    with pytest.raises(anthropic.BadRequestError) as refusal:
        say([{"role": "user", "content": [{"type": "image", "source": source}]}])
    assert "vision" in refusal.value.message
