"""The Responses API through the openai package: items, typed events, tools, stored responses."""

import json
from typing import get_args

import openai
import pytest
from openai.types.responses import Response, ResponseItemList, ResponseStreamEvent

QUESTION = "Tell me the days of the week."
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather for a place",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string", "description": "The city"}},
        "required": ["place"],
    },
    "strict": False,
}
WEATHER = "What is the weather in Paris?"


@pytest.fixture
def respond(client):
    def respond(content, **options):
        options.setdefault("temperature", 0)
        return client.responses.create(model="pocket", input=content, **options)

    return respond


def valid(response):
    """The response, checked against the package's own type without any leniency."""
    Response.model_validate_json(response.model_dump_json(), strict=True)
    return response


def test_a_response_is_what_the_package_expects(respond):
    response = valid(respond(QUESTION, instructions="Be brief.", metadata={"a": "b"}))
    assert response.id.startswith("resp_") and response.status == "completed"
    assert response.instructions == "Be brief." and response.metadata == {"a": "b"}
    assert response.output_text
    usage = response.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert "Monday" in respond(QUESTION).output_text


def fold(stream):
    """The events, each checked, and the response that they end with."""
    events = []
    for number, event in enumerate(stream):
        type(event).model_validate_json(event.model_dump_json(by_alias=True), strict=True)
        assert isinstance(event, get_args(get_args(ResponseStreamEvent)[0]))
        assert event.sequence_number == number
        events.append(event)
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    return events, valid(events[-1].response)


def test_the_events_of_a_stream_are_typed_numbered_and_fold(respond):
    whole = respond(QUESTION)
    events, last = fold(respond(QUESTION, stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == last.output_text == whole.output_text
    assert last.usage.output_tokens == whole.usage.output_tokens
    kinds = [event.type for event in events]
    for kind in ("output_item", "content_part"):
        assert kinds.count(f"response.{kind}.added") == kinds.count(f"response.{kind}.done") == 1
    assert kinds[-1] == "response.completed"


def test_the_packages_stream_helper_follows(client):
    with client.responses.stream(
        model="pocket", input=QUESTION, temperature=0, tools=[]
    ) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text and "Monday" in text


def test_a_length_limit_leaves_it_incomplete(respond):
    response = valid(respond("Tell me a long story.", max_output_tokens=5))
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage.output_tokens == 5
    events, last = fold(respond("Tell me a long story.", max_output_tokens=5, stream=True))
    assert events[-1].type == "response.incomplete"
    assert last.output_text == response.output_text


@pytest.mark.parametrize("stored", [True, False])
def test_a_tool_is_called_and_its_result_answered(respond, stored):
    asked = valid(respond(WEATHER, tools=[TOOL]))
    (call,) = [item for item in asked.output if item.type == "function_call"]
    assert call.name == "get_weather" and json.loads(call.arguments) == {"place": "Paris"}
    result = {
        "type": "function_call_output", "call_id": call.call_id,
        "output": json.dumps({"temperature": "21 degrees", "sky": "sunny"}),
    }
    if stored:
        answer = respond([result], previous_response_id=asked.id, tools=[TOOL])
        assert answer.previous_response_id == asked.id
    else:
        history = [{"role": "user", "content": WEATHER}, *asked.output, result]
        answer = respond(history, tools=[TOOL], store=False)
    assert "sunny" in answer.output_text or "21" in answer.output_text


def test_a_streamed_call_is_the_whole_one(respond):
    (whole,) = respond(WEATHER, tools=[TOOL]).output
    events, last = fold(respond(WEATHER, tools=[TOOL], stream=True))
    (streamed,) = last.output
    assert (streamed.name, streamed.arguments) == (whole.name, whole.arguments)
    deltas = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
    assert "".join(deltas) == streamed.arguments


def test_log_probabilities_come_with_the_text(respond):
    response = valid(
        respond(
            QUESTION, include=["message.output_text.logprobs"], top_logprobs=2, max_output_tokens=6
        )
    )
    (message,) = response.output
    entries = message.content[0].logprobs
    assert "".join(entry.token for entry in entries) == response.output_text
    assert all(len(entry.top_logprobs) == 2 for entry in entries)


def test_a_response_is_kept_until_it_is_deleted(client, respond):
    response = respond("Hello", max_output_tokens=8)
    assert client.responses.retrieve(response.id).output_text == response.output_text
    items = client.responses.input_items.list(response.id)
    ResponseItemList.model_validate_json(
        json.dumps({**json.loads(items.model_dump_json()), "object": "list"}), strict=True
    )
    assert items.data[0].content[0].text == "Hello"
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as refusal:
        respond("Go on", previous_response_id=response.id)
    assert refusal.value.param == "previous_response_id"


def test_a_running_response_is_cancelled(client, respond):
    stream = respond(
        "Tell me a story.", stream=True, extra_body={"logit_bias": {}}, max_output_tokens=1500
    )
    first = next(iter(stream)).response
    cancelled = True
    try:
        assert client.responses.cancel(first.id).status == "cancelled"
    except openai.BadRequestError as refusal:
        # The pocket model may have said all before the second request came.
        assert refusal.code == "response_not_running"
        cancelled = False
    *_, last = stream
    assert last.response.status == ("cancelled" if cancelled else "completed")
    assert client.responses.retrieve(first.id).status == last.response.status


def test_tokens_are_counted_as_they_are_used(client, respond):
    count = client.responses.input_tokens.count(model="pocket", input=WEATHER, tools=[TOOL])
    used = respond(WEATHER, tools=[TOOL], max_output_tokens=1).usage
    assert count.input_tokens == used.input_tokens


@pytest.mark.parametrize(
    "options, param",
    [
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"truncation": "auto"}, "truncation"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"previous_response_id": "resp_0"}, "previous_response_id"),
        ({"extra_body": {"tempurature": 1}}, "tempurature"),
        ({"include": ["file_search_call.results"]}, "include[0]"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(respond, options, param):
    with pytest.raises(openai.BadRequestError) as refusal:
        respond("Hello", **options)
    assert refusal.value.param == param
