"""Requests made from /openapi.json, those that it allows and those that it doesn't: every one gets an
answer as described, or a refusal. Never a failure of the server, a hang or a lost connection."""

import httpx
import pytest
import schemathesis
import schemathesis.checks
import schemathesis.specs.openapi.checks as openapi_checks
from hypothesis import HealthCheck, given, settings
from server import Server

# A description can't say all that a request needs, so what fits it may be refused too.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def small(cache):
    """A server of its own, in whose context no answer takes long."""
    with Server("--ctx-size", "192", cache=cache) as server:
        yield server
        assert httpx.get(server.url + "/health").json() == {"status": "ok"}
        assert not [line for line in server.log if " 500" in line or " error " in line]


def test_every_request_is_answered_as_described(small):
    description = schemathesis.openapi.from_url(small.url + "/openapi.json")
    operations = [result.ok() for result in description.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=25, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )
        def check(case):
            case.call_and_validate(timeout=30, checks=CHECKS)

        check()
