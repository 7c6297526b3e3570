"""The description of the API holds: nothing that it allows makes an error of ours, and each answer is as it says."""

import os
import shutil
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from data.workspace import Workspace

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


OPERATIONS = [
    *((path, "GET") for path in ("/health", "/metrics", "/api/v1/leads", "/api/v1/leads/{lead_id}")),
    ("/api/v1/models/champion", "GET"),
    *((f"/api/v1/{name}", "POST") for name in ("score", "events", "feedback")),
]
EXAMPLES = int(os.environ.get("LEADSCORE_API_EXAMPLES", 40))
"""For each operation; by hand 5,000 in all: LEADSCORE_API_EXAMPLES=625."""


@pytest.fixture(scope="module")
def described(scored, tmp_path_factory, api_for):
    """An API that may be changed, as its description has it; not slowed by how often it is asked."""
    workspace = Workspace.at(Path(shutil.copytree(scored.root, tmp_path_factory.mktemp("described") / "var")))
    with api_for(workspace) as client:
        client.app.state.pace.wait = lambda name, per_minute: 0.0
        for operations in client.app.openapi()["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)  # on this computer no token is needed
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app, headers={"host": "127.0.0.1"})


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_description_holds(described, path, method):
    operation = described[path][method]
    cases = operation.as_strategy()
    if operation.body or operation.query:  # else nothing about a request can be wrong
        cases |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(case=cases)
    def holds(case):
        case.call_and_validate(checks=CHECKS, headers={"host": "127.0.0.1"})

    holds()


def test_all_operations_are_asked(api):
    paths = api.get("/api/v1/openapi.json").json()["paths"]
    described = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert described == set(OPERATIONS)


def test_the_description_is_openapi_3_1_with_examples(api):
    description = api.get("/api/v1/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert description["components"]["schemas"]["ScoreInput"]["examples"]
    problems = description["paths"]["/api/v1/score"]["post"]["responses"]["422"]["content"]
    assert problems == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
