"""Alarms that notify nobody."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from scripts.operate.doctor import alarms
from scripts.operate.doctor.finding import Code, Level
from scripts.operate.doctor.patient import OlderReleaseError
from tests.support.doctor import ACCOUNT, OUTPUTS, REGION, found, patient


@pytest.mark.parametrize(
    ("environment", "arns", "expected"),
    [
        ("production", [], [(Level.WARNING, Code.NO_ALARMS)]),
        ("production", [f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"], []),
        ("local", [], [(Level.OK, None)]),
    ],
)
def test_alarms_that_notify_nobody_are_a_warning(
    environment: str, arns: Sequence[str], expected: Sequence[Any]
) -> None:
    deployed = replace(patient({**OUTPUTS, "alarm_topic_arns": arns}), environment=environment)
    assert found(alarms.topics(deployed)) == expected


def test_alarms_of_an_older_release_are_not_known() -> None:
    with pytest.raises(OlderReleaseError):
        list(alarms.topics(patient()))
