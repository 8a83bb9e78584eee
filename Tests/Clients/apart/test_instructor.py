"""instructor, in each of the ways that it knows to get a model filled in."""

import json

import openai
import pytest
from pydantic import BaseModel, Field

instructor = pytest.importorskip("instructor", reason="instructor isn't installed here")
errors = pytest.importorskip("instructor.core")


class Place(BaseModel):
    """Where somebody wants to go."""

    city: str = Field(max_length=20)
    nights: int = Field(ge=1, le=30)


def place(server, mode):
    bare = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    client = instructor.from_openai(bare, mode=getattr(instructor.Mode, mode))
    return client.chat.completions.create(
        model="pocket", response_model=Place, temperature=0, max_retries=0, max_tokens=100,
        messages=[{"role": "user", "content": "I want three nights in Rome."}],
    )


@pytest.mark.parametrize("mode", ["TOOLS", "TOOLS_STRICT", "JSON_SCHEMA"])
def test_it_fills_in_a_model(server, mode):
    assert isinstance(place(server, mode), Place)


def test_where_the_schema_is_only_told_the_answer_is_an_object(server):
    """Which one is up to the model, and the pocket model is small."""
    try:
        assert isinstance(place(server, "JSON"), Place)
    except errors.InstructorRetryException as error:
        content = error.last_completion.choices[0].message.content
        assert isinstance(json.loads(content), dict)
