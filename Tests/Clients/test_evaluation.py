"""The pocket model's own evaluation through the API: no worse than its README states, and calls that
are demanded always satisfy the schemas of their tools."""

import concurrent.futures
import json
import re
import sys
from types import SimpleNamespace

import httpx
import jsonschema
import pytest
from server import POCKET, ROOT

sys.path.insert(0, str(ROOT / "Tools" / "pocket"))
import eval_server
import scoring

CASES = list(scoring.cases(ROOT / "Tools" / "pocket" / "eval" / "chat_eval.jsonl", "", 10**9))
WITH_TOOLS = [case for case in CASES if case["tools"]]


def in_parallel(function, values):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(function, values))


def test_the_model_answers_as_well_as_its_readme_says(server):
    stated = int(re.search(r"^\| all of 600 .*\| (\d+) \|$", POCKET.joinpath("README.md").read_text(),
                           re.MULTILINE).group(1))
    asked = SimpleNamespace(url=server.url, model="pocket", key="none", timeout=60)
    asked.url += "/v1"
    answers = in_parallel(lambda case: eval_server.answer(asked, case), CASES)
    right = sum(
        scoring.exact(case["kind"], case["expected"], *answer)
        for case, answer in zip(CASES, answers)
    )
    assert right >= stated


@pytest.mark.parametrize("temperature", [0, 1])
def test_calls_that_are_demanded_satisfy_their_schemas(server, temperature):
    def calls(case):
        body = {
            "messages": eval_server.wire_messages(case["messages"]), "tools": case["tools"],
            "tool_choice": "required", "temperature": temperature, "seed": 1, "max_tokens": 500,
        }
        answer = httpx.post(server.url + "/v1/chat/completions", json=body, timeout=60).json()
        return answer["choices"][0]

    for case, choice in zip(WITH_TOOLS, in_parallel(calls, WITH_TOOLS)):
        schemas = {
            tool["function"]["name"]: tool["function"]["parameters"] for tool in case["tools"]
        }
        assert choice["finish_reason"] in ("tool_calls", "length"), choice
        made = choice["message"].get("tool_calls") or []
        assert made or choice["finish_reason"] == "length"
        for call in made:
            jsonschema.validate(
                json.loads(call["function"]["arguments"]), schemas[call["function"]["name"]]
            )
