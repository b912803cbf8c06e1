"""Functions that cannot run, or run an old version."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scripts.operate.doctor import functions
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import OUTPUTS, Answer, found, patient, queue


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"State": "Active", "LastUpdateStatus": "Successful"}, []),
        ({"State": "Failed", "StateReason": "no such role"}, [(Level.ERROR, Code.FUNCTION_INACTIVE)]),
        ({"State": "Inactive"}, [(Level.WARNING, Code.FUNCTION_INACTIVE)]),
        ({"State": "Active", "LastUpdateStatus": "Failed"}, [(Level.ERROR, Code.FUNCTION_NOT_UPDATED)]),
    ],
    ids=str,
)
def test_a_function_that_cannot_run_or_runs_what_is_old(state: Mapping[str, Any], expected: Sequence[Any]) -> None:
    answers: list[Answer] = [("get_function_configuration", state), ("get_function_concurrency", {})]
    assert found(functions.states(patient(OUTPUTS, **{"lambda": answers}))) == expected


@pytest.mark.parametrize(("present", "gone"), [("Normal", "Urgent"), ("Urgent", "Normal")])
def test_each_queue_of_a_function_needs_a_mapping(present: str, gone: str) -> None:
    queues = {name: queue(name, worker="Worker") for name in ("Normal", "Urgent")}
    mapping = {"EventSourceArn": queues[present]["arn"], "State": "Enabled", "UUID": "0" * 36}
    answers: list[Answer] = [("list_event_source_mappings", {"EventSourceMappings": [mapping]})]
    (finding,) = functions.mappings(patient(OUTPUTS | {"queues": queues}, **{"lambda": answers}))
    assert (finding.level, finding.code) == (Level.ERROR, Code.MAPPING_MISSING)
    assert f"gets nothing from blue-{gone}: its event source mapping is gone" in finding.what
