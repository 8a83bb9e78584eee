import openai
import pytest
from server import Server


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Compiled models, shared by all servers of a run: the first one compiles."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="session")
def server(cache):
    """The server that most tests share; it must end without fault."""
    running = Server(cache=cache).wait_until_ready()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def client(server):
    # Without retries, so that a test sees the first answer.
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60)


@pytest.fixture
def ask(client):
    """`ask("Hello", temperature=0)`: one user message to the model."""

    def ask(text, **options):
        options.setdefault("temperature", 0)
        return client.chat.completions.create(
            model="pocket", messages=[{"role": "user", "content": text}], **options
        )

    return ask
