"""instructor, in each of the ways that it knows to get a model filled in."""

import openai
import pytest
from pydantic import BaseModel, Field

instructor = pytest.importorskip("instructor", reason="instructor isn't installed here")


class Place(BaseModel):
    """Where somebody wants to go."""

    city: str = Field(max_length=20)
    nights: int = Field(ge=1, le=30)


@pytest.mark.parametrize("mode", ["TOOLS", "TOOLS_STRICT", "JSON", "JSON_SCHEMA", "MD_JSON"])
def test_it_fills_in_a_model(server, mode):
    bare = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    client = instructor.from_openai(bare, mode=getattr(instructor.Mode, mode))
    place = client.chat.completions.create(
        model="pocket", response_model=Place, temperature=0, max_retries=0, max_tokens=100,
        messages=[{"role": "user", "content": "I want three nights in Rome."}],
    )
    assert isinstance(place, Place)
