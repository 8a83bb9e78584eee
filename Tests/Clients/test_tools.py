"""Tool calls: out, and results back in."""

import json

from folding import fold

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Look up the weather for a place",
        "parameters": {
            "type": "object",
            "properties": {"place": {"type": "string", "description": "The city"}},
            "required": ["place"],
        },
    },
}
MESSAGES = [{"role": "user", "content": "What is the weather in Paris?"}]


def call(client, messages=MESSAGES, **options):
    return client.chat.completions.create(
        model="pocket", messages=messages, temperature=0, tools=[TOOL], **options
    )


def test_a_tool_is_called_with_arguments(client):
    choice = call(client).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (made,) = choice.message.tool_calls
    assert made.type == "function" and made.id
    assert made.function.name == "get_weather"
    assert json.loads(made.function.arguments) == {"place": "Paris"}


def test_a_streamed_call_folds_to_the_whole_one(client):
    (whole,) = call(client).choices[0].message.tool_calls
    streamed = fold(call(client, stream=True))
    assert streamed.finish == "tool_calls"
    assert list(streamed.calls) == [0]
    assert streamed.calls[0]["name"] == whole.function.name
    assert streamed.calls[0]["arguments"] == whole.function.arguments
    assert streamed.calls[0]["id"] != whole.id, "ids must be unique over a conversation"


def test_a_result_is_answered(client):
    message = call(client).choices[0].message
    history = [
        *MESSAGES,
        # As clients do: the whole message back, its empty fields too.
        message.model_dump(),
        {
            "role": "tool",
            "tool_call_id": message.tool_calls[0].id,
            "content": json.dumps({"temperature": "21 degrees", "sky": "sunny"}),
        },
    ]
    choice = call(client, history).choices[0]
    assert choice.finish_reason == "stop"
    assert "sunny" in choice.message.content or "21" in choice.message.content


def test_without_tools_the_model_calls_none(client):
    for options in ({"tool_choice": "none"}, {"tool_choice": "none", "stream": True}):
        answer = call(client, max_tokens=40, **options)
        if options.get("stream"):
            assert not fold(answer).calls
        else:
            assert not answer.choices[0].message.tool_calls
