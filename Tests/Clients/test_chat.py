"""Plain answers, streamed and whole, through the openai package."""

import concurrent.futures

import pytest
from folding import fold
from openai.types.chat import ChatCompletion, ChatCompletionChunk

QUESTION = "Tell me the days of the week."


def test_an_answer_is_what_the_package_expects(ask):
    answer = ask(QUESTION)
    ChatCompletion.model_validate(answer.model_dump(), strict=True)
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == "pocket"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.role == "assistant"
    assert "Monday" in answer.choices[0].message.content
    usage = answer.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert answer.timings["predicted_n"] == usage.completion_tokens


def test_a_stream_folds_to_the_whole_answer(ask):
    whole = ask(QUESTION)
    answer = fold(ask(QUESTION, stream=True))
    for chunk in answer.chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump(), strict=True)
    assert answer.content == whole.choices[0].message.content
    assert answer.finish == whole.choices[0].finish_reason
    assert answer.roles == ["assistant"] and answer.chunks[0].choices[0].delta.role
    assert len({chunk.id for chunk in answer.chunks}) == 1
    assert len(answer.chunks) > 3
    # Unasked: some desktop clients need them.
    assert answer.chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert {"prompt_n", "predicted_n", "prompt_per_second", "predicted_per_second"} <= set(
        answer.chunks[-1].timings
    )


def test_usage_has_a_chunk_of_its_own_where_it_is_asked_for(ask):
    chunks = list(ask(QUESTION, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.prompt_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_packages_stream_helper_follows(client):
    with client.chat.completions.stream(
        model="pocket", temperature=0, messages=[{"role": "user", "content": QUESTION}]
    ) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
    final = stream.get_final_completion()
    assert text == final.choices[0].message.content
    assert "Monday" in text


def test_a_prompt_is_cached(ask):
    text = "Please tell me a long story about a frog and a clock, and about all that they did. " * 5
    ask(text, max_tokens=1)
    again = ask(text, max_tokens=1)
    assert again.usage.prompt_tokens_details.cached_tokens > 0
    assert again.timings["cache_n"] == again.usage.prompt_tokens_details.cached_tokens


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_length_limit_ends_an_answer(ask, name):
    answer = ask("Tell me a long story.", **{name: 5})
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


def test_a_stop_string_ends_an_answer_before_it(ask):
    whole = ask(QUESTION).choices[0].message.content
    stop = whole[whole.index("Tues") : whole.index("Tues") + 12]
    for stops in (stop, ["never", stop]):
        answer = ask(QUESTION, stop=stops)
        assert answer.choices[0].message.content == whole.split(stop)[0]
        assert answer.choices[0].finish_reason == "stop"
        streamed = fold(ask(QUESTION, stop=stops, stream=True))
        assert streamed.content == whole.split(stop)[0]
        assert streamed.usage.completion_tokens == answer.usage.completion_tokens


def test_a_seed_makes_sampling_repeatable(ask):
    def sample(seed):
        answer = ask("Tell me a story.", temperature=1.5, seed=seed, max_tokens=30)
        return answer.choices[0].message.content

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in range(6)}) > 1


def test_log_probabilities_come_with_every_token(ask):
    answer = ask(QUESTION, logprobs=True, top_logprobs=3, max_tokens=6)
    entries = answer.choices[0].logprobs.content
    assert len(entries) == 6
    assert "".join(entry.token for entry in entries) == answer.choices[0].message.content
    for entry in entries:
        assert bytes(entry.bytes).decode() == entry.token
        # Greedy: the chosen token is the most likely one.
        assert entry.top_logprobs[0].token == entry.token
        assert entry.top_logprobs[0].logprob == entry.logprob <= 0
        assert len(entry.top_logprobs) == 3


def test_a_bias_bans_a_token(ask):
    first = ask(QUESTION, logprobs=True, max_tokens=1).choices[0].logprobs.content[0].token
    ids = {str(number): -100 for number in range(2048)}
    banned = ask(QUESTION, logit_bias=ids, logprobs=True, max_tokens=1)
    assert banned.choices[0].logprobs.content[0].token != first


def test_characters_beyond_ascii_survive(ask):
    text = "Say \u201cgrüße \u2713 \U0001f99c 你好\u201d"
    answer = ask(text, max_tokens=40)
    assert "\ufffd" not in answer.choices[0].message.content
    streamed = fold(ask(text, max_tokens=40, stream=True))
    assert streamed.content == answer.choices[0].message.content


def test_a_conversation_is_remembered(client):
    answer = client.chat.completions.create(
        model="pocket",
        temperature=0,
        messages=[
            {"role": "developer", "content": "You are a helpful AI assistant. Be concise."},
            {"role": "user", "content": [{"type": "text", "text": "My favourite food is cheese."}]},
            {"role": "assistant", "content": "That sounds tasty!"},
            {"role": "user", "content": "What is my favourite food?"},
        ],
    )
    assert "cheese" in answer.choices[0].message.content


def test_answers_at_once_are_the_answers_alone(ask):
    questions = [f"Add {n} and {n + 3}." for n in range(8)]
    alone = [ask(text, max_tokens=30).choices[0].message.content for text in questions]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda text: fold(ask(text, max_tokens=30, stream=True)).content, questions)
        )
    assert together == alone


def test_fields_that_change_no_answer_are_accepted(ask):
    answer = ask(
        QUESTION, user="u", store=False, metadata={"a": "b"}, service_tier="auto", n=1,
        prompt_cache_key="k", safety_identifier="s", response_format={"type": "text"}, max_tokens=2,
    )
    assert answer.usage.completion_tokens == 2


def test_the_model_is_listed(client):
    (model,) = client.models.list().data
    assert model.id == "pocket-chat-4bit"
    assert client.models.retrieve(model.id).id == model.id
