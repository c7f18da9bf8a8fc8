"""The API is as its description says: schemathesis makes requests of it, good ones and bad ones."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web import scenes
from tests.web.house import Server

STREAMS = r".*/events$"
"""They do not end by themselves; tests of their own listen to them."""


@pytest.fixture(scope="module")
def api(server: Server) -> Any:
    scenes.every_state(server.house)
    return schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")


schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

HOW = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def key_of(path: str) -> str:
    """Of whom a path is for."""
    parts = path.split("/")
    return next((role for role in ("office", "operator") if role in parts), "changsha")


RULED = (
    "/api/uploads",
    "/api/v1/operator/nodes/{id}",
    "/api/v1/operator/keys",
    "/api/v1/operator/scale-policy",
    "/api/v1/office/lessons/{id}/verdict",
    "/api/v1/office/courses/{id}",
)
"""They have rules that no schema tells: values in base64, a base or lesson that has to be there, a
reason with some verdicts, a most that is not below the least."""


def _try(operation: Any, headers: dict[str, str]) -> None:
    ruled = operation.path.startswith(RULED)
    left_out = [positive_data_acceptance] if ruled else []

    @HOW
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=left_out)

    answers()


def test_every_operation_answers_as_described(api: Any, server: Server) -> None:
    """Every operation is tried, and every fault of all of them is told."""
    faults = []
    tried = 0
    for found in api.exclude(path_regex=STREAMS).get_all_operations():
        operation = found.ok()
        key = server.house.keys[key_of(operation.path)]
        tried += 1
        try:
            _try(operation, {"Authorization": f"Bearer {key}"})
        except FailureGroup as group:
            faults += [f"{operation.label}: {one}" for one in group.exceptions]
        except Failure as fault:
            faults.append(f"{operation.label}: {fault}")
    assert tried > 15
    assert not faults, "\n\n".join(faults)


def test_every_operation_is_described_whole(server: Server) -> None:
    described = httpx.get(f"{server.url}/api/openapi.json").json()
    tags = {one["name"] for one in described["tags"]}
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["tags"], where
            assert set(operation["tags"]) <= tags, where
            answers = operation["responses"]
            assert {"401", "403"} <= answers.keys() or method == "options", where
            assert all(answer["description"] for answer in answers.values()), where
            for status in answers.keys() & {"401", "422"}:
                assert list(answers[status]["content"]) == ["application/problem+json"], where
