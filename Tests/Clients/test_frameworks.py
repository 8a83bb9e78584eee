"""What people build agents with, each as its documentation shows it, against the pocket model."""

import asyncio
import json
import os

import pytest

# Frameworks that would call home: for prices, or with traces.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")
os.environ.setdefault("LANGSMITH_TRACING", "false")

QUESTION = "Tell me the days of the week."
WEATHER = "What is the weather in Paris?"
RESULT = json.dumps({"temperature": "21 degrees", "sky": "sunny"})


def knows_the_weather(text: str) -> bool:
    return "sunny" in text or "21" in text


@pytest.fixture(scope="module")
def url(server):
    return f"{server.url}/v1"


class TestLangChain:
    @pytest.fixture(scope="class", params=[False, True], ids=["chat", "responses"])
    def model(self, request, url):
        openai = pytest.importorskip("langchain_openai", reason="langchain-openai isn't installed")
        return openai.ChatOpenAI(
            model="pocket", base_url=url, api_key="none", temperature=0, max_retries=0,
            use_responses_api=request.param,
        )

    def test_it_is_answered(self, model):
        assert "Monday" in model.invoke(QUESTION).text

    def test_it_merges_the_stream_into_the_answer(self, model):
        chunks = list(model.stream(QUESTION))
        assert len(chunks) > 3
        assert "".join(chunk.text for chunk in chunks) == model.invoke(QUESTION).text

    @pytest.mark.parametrize("streams", [False, True])
    def test_its_tools_go_round(self, model, streams):
        from langchain_core.messages import HumanMessage, ToolMessage
        from langchain_core.tools import tool

        @tool
        def get_weather(place: str) -> str:
            """Look up the weather for a place"""
            return RESULT

        bound = model.bind_tools([get_weather])
        messages = [HumanMessage(WEATHER)]
        if streams:
            asked = None
            for chunk in bound.stream(messages):
                asked = chunk if asked is None else asked + chunk
        else:
            asked = bound.invoke(messages)
        (call,) = asked.tool_calls
        assert (call["name"], call["args"]) == ("get_weather", {"place": "Paris"})
        result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
        assert knows_the_weather(bound.invoke([*messages, asked, result]).text)


class TestPydanticAI:
    @pytest.fixture(params=["chat", "responses", "messages"])
    def model(self, request, server, url):
        pytest.importorskip("pydantic_ai", reason="pydantic-ai isn't installed")
        if request.param == "messages":
            from anthropic import AsyncAnthropic
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            client = AsyncAnthropic(base_url=server.url, api_key="none", max_retries=0)
            return AnthropicModel("pocket", provider=AnthropicProvider(anthropic_client=client))
        from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
        from pydantic_ai.providers.openai import OpenAIProvider

        kind = OpenAIChatModel if request.param == "chat" else OpenAIResponsesModel
        return kind("pocket", provider=OpenAIProvider(base_url=url, api_key="none"))

    def agent(self, model):
        from pydantic_ai import Agent

        agent = Agent(model, model_settings={"temperature": 0.0, "max_tokens": 200})

        @agent.tool_plain(strict=False)
        def get_weather(place: str) -> str:
            """Look up the weather for a place"""
            return RESULT

        return agent

    def test_its_tools_go_round(self, model):
        result = self.agent(model).run_sync(WEATHER)
        assert knows_the_weather(result.output)
        assert result.usage.output_tokens > 0

    def test_it_streams(self, model):
        async def stream():
            async with self.agent(model).run_stream(WEATHER) as result:
                return [text async for text in result.stream_text(delta=True, debounce_by=None)]

        pieces = asyncio.run(stream())
        assert knows_the_weather("".join(pieces)) and len(pieces) > 1


class TestOpenAIAgents:
    @pytest.fixture(params=["chat", "responses"])
    def agent(self, request, url):
        agents = pytest.importorskip("agents", reason="openai-agents isn't installed")
        from openai import AsyncOpenAI

        agents.set_tracing_disabled(True)
        kind = {
            "chat": agents.OpenAIChatCompletionsModel, "responses": agents.OpenAIResponsesModel
        }[request.param]
        client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)

        @agents.function_tool(strict_mode=False)
        def get_weather(place: str) -> str:
            """Look up the weather for a place"""
            return RESULT

        return agents.Agent(
            name="weather", tools=[get_weather], model=kind(model="pocket", openai_client=client),
            model_settings=agents.ModelSettings(temperature=0),
        )

    def test_its_runner_goes_round(self, agent):
        from agents import Runner

        assert knows_the_weather(Runner.run_sync(agent, WEATHER, max_turns=4).final_output)

    def test_its_runner_streams(self, agent):
        from agents import Runner

        async def run():
            result = Runner.run_streamed(agent, WEATHER, max_turns=4)
            kinds = {event.name async for event in result.stream_events() if hasattr(event, "name")}
            return kinds, result.final_output

        kinds, output = asyncio.run(run())
        assert {"tool_called", "tool_output", "message_output_created"} <= kinds
        assert knows_the_weather(output)


class TestLiteLLM:
    @pytest.fixture
    def litellm(self):
        return pytest.importorskip("litellm", reason="litellm isn't installed")

    @pytest.mark.parametrize("provider", ["openai", "hosted_vllm", "anthropic"])
    @pytest.mark.parametrize("streams", [False, True])
    def test_it_is_answered(self, litellm, server, url, provider, streams):
        base = server.url if provider == "anthropic" else url
        answer = litellm.completion(
            model=f"{provider}/pocket", api_base=base, api_key="none", temperature=0,
            messages=[{"role": "user", "content": QUESTION}], stream=streams, max_tokens=200,
        )
        if streams:
            text = "".join(chunk.choices[0].delta.content or "" for chunk in answer)
        else:
            text = answer.choices[0].message.content
            assert answer.usage.completion_tokens > 0
        assert "Monday" in text

    @pytest.mark.parametrize("streams", [False, True])
    def test_its_tools_go_round(self, litellm, url, streams):
        parameters = {
            "type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"],
        }
        function = {
            "name": "get_weather", "description": "Look up the weather for a place",
            "parameters": parameters,
        }
        messages = [{"role": "user", "content": WEATHER}]

        def ask():
            answer = litellm.completion(
                model="openai/pocket", api_base=url, api_key="none", temperature=0,
                messages=messages, tools=[{"type": "function", "function": function}],
                stream=streams, max_tokens=200,
            )
            if streams:
                answer = litellm.stream_chunk_builder(list(answer), messages=messages)
            return answer.choices[0].message

        asked = ask()
        (call,) = asked.tool_calls
        assert json.loads(call.function.arguments) == {"place": "Paris"}
        # As its documentation does: the message itself goes back.
        messages += [asked, {"role": "tool", "tool_call_id": call.id, "content": RESULT}]
        assert knows_the_weather(ask().content)


class TestSmolagents:
    def test_its_model_is_answered(self, url):
        smolagents = pytest.importorskip("smolagents", reason="smolagents isn't installed")
        model = smolagents.OpenAIModel("pocket", api_base=url, api_key="none", temperature=0)
        message = {"role": "user", "content": [{"type": "text", "text": QUESTION}]}
        assert "Monday" in model.generate([message]).content
        whole = model.generate([message], stop_sequences=["Tues"]).content
        assert "Monday" in whole and "Tues" not in whole

    def test_its_agent_calls_tools_until_it_has_an_answer(self, url):
        smolagents = pytest.importorskip("smolagents", reason="smolagents isn't installed")

        @smolagents.tool
        def get_weather(place: str) -> str:
            """Look up the weather for a place

            Args:
                place: The city
            """
            return RESULT

        model = smolagents.OpenAIModel(
            "pocket", api_base=url, api_key="none", temperature=0, max_tokens=200
        )
        agent = smolagents.ToolCallingAgent(
            tools=[get_weather], model=model, max_steps=2, verbosity_level=0
        )
        # Its own long instructions are too much for the pocket model to follow, so only what it does
        # is looked at: calls that its tools take, not what comes of them.
        agent.run(WEATHER)
        steps = [step for step in agent.memory.steps if getattr(step, "tool_calls", None)]
        assert steps
        names = {call.name for step in steps for call in step.tool_calls}
        assert names <= {"get_weather", "final_answer"}
