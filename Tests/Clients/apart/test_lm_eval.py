"""lm-eval on the server: answers chosen by log-probability, and answers generated."""

import json

import pytest
from server import POCKET

lm_eval = pytest.importorskip("lm_eval", reason="lm-eval isn't installed here")

QUESTIONS = [
    {"question": "Tell me the days of the week.", "choices": ["Monday", "xq zv"], "answer": 0},
    {"question": "Hello", "choices": ["zzzz", "Hello!"], "answer": 1},
]


def evaluate(kind, model_args, task, tmp_path):
    data = tmp_path / "questions.jsonl"
    data.write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS))
    task = {
        "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test", **task,
    }
    results = lm_eval.simple_evaluate(
        model=kind, model_args=model_args, tasks=[task], bootstrap_iters=0, log_samples=True,
        apply_chat_template=kind == "local-chat-completions",
    )
    return results["results"][task["task"]], results["samples"][task["task"]]


# The model's own tokenizer, or the server's, found by what the server can do.
TOKENIZERS = [
    {"tokenizer_backend": "huggingface", "tokenizer": str(POCKET)},
    {"tokenizer_backend": "remote"},
]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("tokenized", [True, False])
def test_choices_are_ranked_by_their_log_probabilities(server, tmp_path, tokenized, tokenizer):
    arguments = {
        "model": "pocket", "base_url": f"{server.url}/v1/completions", "num_concurrent": 1,
        "max_retries": 1, "tokenized_requests": tokenized, "batch_size": 2, **tokenizer,
    }
    task = {
        "task": "choices", "output_type": "multiple_choice", "doc_to_text": "{{question}}\n",
        "doc_to_choice": "{{choices}}", "doc_to_target": "{{answer}}", "target_delimiter": "",
        "metric_list": [{"metric": "acc"}],
    }
    scores, _ = evaluate("local-completions", arguments, task, tmp_path)
    assert scores["acc,none"] == 1


def test_answers_are_generated(server, tmp_path):
    arguments = {
        "model": "pocket", "base_url": f"{server.url}/v1/chat/completions", "num_concurrent": 1,
        "max_retries": 1,
    }
    task = {
        "task": "answers", "output_type": "generate_until", "doc_to_text": "{{question}}",
        "doc_to_target": "{{choices[answer]}}",
        "generation_kwargs": {"until": ["Tues"], "max_gen_toks": 20, "temperature": 0},
        "metric_list": [{"metric": "exact_match"}],
    }
    _, samples = evaluate("local-chat-completions", arguments, task, tmp_path)
    answers = [sample["resps"][0][0] for sample in samples]
    assert "Monday" in answers[0] and "Tues" not in answers[0]
