"""Functions that cannot run, or run an old version."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scripts.operate.doctor import functions
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import OUTPUTS, Answer, found, patient


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
