"""Messages that wait too long, or wait for a person."""

from collections.abc import Sequence
from typing import Any

import pytest

from scripts.operate.doctor import queues
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import OUTPUTS, WAITING, found, patient, queue


@pytest.mark.parametrize(
    ("worker", "age", "expected"),
    [
        ("Worker", 150.0, []),
        ("Worker", 151.0, [(Level.ERROR, Code.QUEUE_LAGGING)]),
        (None, 800.0, []),
        (None, 801.0, [(Level.WARNING, Code.QUEUE_EXPIRING)]),
    ],
)
def test_how_long_messages_may_wait_depends_on_who_empties_the_queue(
    worker: str | None, age: float, expected: Sequence[Any]
) -> None:
    point = {"Timestamp": 0, "Maximum": age, "Unit": "Seconds"}
    asked = patient(
        OUTPUTS | {"queues": {"Events": queue("Events", worker=worker), "EventsDLQ": queue("EventsDLQ", dlq=None)}},
        sqs=WAITING,
        cloudwatch=[("get_metric_statistics", {"Datapoints": [point]})],
    )
    assert found(queues.ages(asked)) == expected


def test_messages_that_wait_for_a_person_are_a_warning_with_their_number() -> None:
    attributes = {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    asked = patient(
        OUTPUTS | {"queues": {"EventsDLQ": queue("EventsDLQ", dlq=None)}},
        sqs=[("get_queue_attributes", {"Attributes": attributes})],
    )
    (finding,) = queues.dead_letters(asked)
    assert (finding.level, finding.code, finding.messages) == (Level.WARNING, Code.DLQ_NOT_EMPTY, 3)
    assert finding.fix.startswith("make redrive QUEUE=blue-EventsDLQ ENV=production ")


def test_the_queue_of_the_version_that_is_not_read_is_explained_and_no_warning() -> None:
    asked = patient(
        OUTPUTS | {"queues": {"OrgResourceEventsMessaging": queue("OrgResourceEventsMessaging")}}, sqs=WAITING
    )
    (finding,) = queues.unread(asked)
    assert (finding.level, finding.code) == (Level.OK, None)
    assert "a message version that the sender does not read" in finding.what
    point = {"Timestamp": 0, "Maximum": 999.0, "Unit": "Seconds"}
    asked = patient(
        OUTPUTS | {"queues": {"OrgResourceEventsMessaging": queue("OrgResourceEventsMessaging")}},
        sqs=WAITING,
        cloudwatch=[("get_metric_statistics", {"Datapoints": [point]})],
    )
    assert found(queues.ages(asked)) == []
