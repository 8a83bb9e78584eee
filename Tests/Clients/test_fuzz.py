"""Requests made from /openapi.json, those that it allows and those that it doesn't: every one gets an
answer as described, or a refusal. Never a failure of the server, a hang or a lost connection."""

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from server import Server


@pytest.fixture(scope="module")
def small(cache):
    """A server of its own, in whose context no answer takes long."""
    with Server("--ctx-size", "192", cache=cache) as server:
        yield server
        assert httpx.get(server.url + "/health").json() == {"status": "ok"}
        assert not [line for line in server.log if " 500" in line or " error " in line]


@pytest.fixture(scope="module")
def description(small):
    return schemathesis.openapi.from_url(small.url + "/openapi.json")


api = schemathesis.pytest.from_fixture("description")


@api.parametrize()
@settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
def test_every_request_is_answered_as_described(case):
    case.call_and_validate(timeout=30)
