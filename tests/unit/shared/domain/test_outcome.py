"""What becomes of a message that failed in part."""

import pytest

from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.outcome import Failure, Parked, Retried, attempt, worst

PARKED = Parked(code=ParkCode.REFUSED, reason="no")
RETRIED = Retried(reason="later")


@pytest.mark.parametrize(
    ("failures", "decides"),
    [([PARKED], PARKED), ([PARKED, RETRIED], RETRIED), ([PARKED, Parked(code=ParkCode.TOO_LARGE, reason="x")], PARKED)],
)
def test_a_message_is_retried_while_one_part_may_succeed(failures: list[Failure], decides: Failure) -> None:
    assert worst(failures) == decides


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (PermanentError(ParkCode.REFUSED, "no"), PARKED),
        (TransientError("later"), Retried(reason="TransientError: later")),
        (KeyError("x"), Retried(reason="KeyError: 'x'")),
    ],
)
def test_an_error_becomes_the_failure_of_its_family(error: Exception, failure: Failure) -> None:
    def step() -> None:
        raise error

    assert attempt(step) == failure
