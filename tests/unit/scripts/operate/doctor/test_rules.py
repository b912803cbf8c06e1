"""The heartbeat that must have come out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from scripts.operate.doctor import rules
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import found, patient, queue

BEATING = {
    "functions": {"EmailNotificationSender": {"name": "blue-EmailNotificationSender", "log_group": "/aws/lambda/x"}},
    "queues": {"Email": queue("Email", worker="EmailNotificationSender", channel="email")},
    "rules": {"Heartbeat": {"name": "blue-Heartbeat"}},
}
BEAT = {"Timestamp": 0, "Maximum": 900.0, "Unit": "Milliseconds"}


@pytest.mark.parametrize(
    ("points", "expected"), [([BEAT], []), ([], [(Level.ERROR, Code.HEARTBEAT_MISSING)])], ids=["beat", "silence"]
)
@pytest.mark.parametrize(
    ("rate", "minutes"), [("rate(1 minute)", 15), ("rate(5 minutes)", 15), ("rate(60 minutes)", 120)]
)
def test_one_of_the_last_two_heartbeats_must_have_come_out(
    points: Sequence[Any], expected: Any, rate: str, minutes: int
) -> None:
    asked = patient(
        BEATING,
        events=[("describe_rule", {"ScheduleExpression": rate})],
        cloudwatch=[("get_metric_statistics", {"Datapoints": points})],
    )
    called: list[Mapping[str, Any]] = []
    metrics = asked.client("cloudwatch").meta.events
    metrics.register("provide-client-params.*.*", lambda params, **_: called.append(params))
    assert found(rules.heartbeat(asked)) == expected
    (call,) = called
    assert call["EndTime"] - call["StartTime"] == timedelta(minutes=minutes)
    assert (call["Namespace"], call["MetricName"]) == ("infra-events", "HeartbeatLatency")
    assert call["Dimensions"] == [{"Name": "FunctionName", "Value": "blue-EmailNotificationSender"}]


def test_no_heartbeat_is_missed_where_there_is_none_or_its_rule_is_gone() -> None:
    assert found(rules.heartbeat(patient())) == []
    gone = patient(BEATING, events=[("describe_rule", "ResourceNotFoundException")])
    assert found(rules.heartbeat(gone)) == []
