from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from infra_events.domain import stages
from infra_events.domain.outcome import Outcome, Retried, Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    text: str
    outcome: Outcome | None = None


def retry_empty(letters: Sequence[Letter]) -> Sequence[Letter]:
    return [one if one.text else replace(one, outcome=Retried(reason="empty")) for one in letters]


def send(letters: Sequence[Letter]) -> Sequence[Letter]:
    assert all(one.text for one in letters), "an earlier stage has already given this one an outcome"
    return [replace(one, outcome=Sent()) for one in letters]


def test_each_work_leaves_with_its_own_outcome_in_order() -> None:
    batch = [Letter(text="a"), Letter(text=""), Letter(text="c")]
    assert stages.run([retry_empty, send], batch) == [Sent(), Retried(reason="empty"), Sent()]


def test_an_empty_batch_has_no_outcome() -> None:
    assert stages.run([retry_empty, send], []) == []


@pytest.mark.parametrize("stage", [lambda works: works[1:], lambda works: [*works, *works]])
def test_a_stage_that_loses_or_adds_work_is_an_error(stage: stages.Stage[Letter]) -> None:
    with pytest.raises(ValueError, match="one work for each"):
        stages.run([stage, send], [Letter(text="a"), Letter(text="b")])


def test_work_without_an_outcome_is_an_error() -> None:
    with pytest.raises(ValueError, match="every work an outcome"):
        stages.run([retry_empty], [Letter(text="a")])
