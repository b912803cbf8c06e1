"""Schedules and the heartbeat, in an account that enforces policies."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.e2e.conftest import Neighbours
from tests.support.pipeline import Pipeline
from tests.support.waiting import eventually


@contextmanager
def each_minute(pipeline: Pipeline, rule: str) -> Iterator[None]:
    """Let a schedule come in a minute at most, and hold it back again."""
    events, name = pipeline.client("events"), pipeline.deployment.outputs["rules"][rule]["name"]
    before = events.describe_rule(Name=name)["ScheduleExpression"]
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    try:
        yield
    finally:
        events.put_rule(Name=name, ScheduleExpression=before)


def test_a_schedule_and_a_heartbeat_come_out_as_mails(neighbours: Neighbours) -> None:
    left, right = neighbours.both
    with ExitStack() as stack:
        for rule in ("Schedule-yearly", "Heartbeat"):
            stack.enter_context(each_minute(left, rule))
        eventually(lambda: left.mails("Schedule yearly: its time has come"), "the schedule's mail", within=300)
        eventually(lambda: left.logs("EmailNotificationSender", "heartbeat"), "the heartbeat's metric", within=300)
    left.settle()
    scheduled = left.mails("Schedule yearly: its time has come")
    assert {mail.to for mail in scheduled} == {("platform@example.org",)}
    beats = [mail for mail in left.mails() if mail.to == ("success@simulator.amazonses.com",)]
    metrics = left.logs("EmailNotificationSender", "heartbeat")
    assert len(beats) == len(metrics)
    assert all(mail.subject.startswith("[DRILL]") and mail.sender == "left-events@example.org" for mail in beats)
    assert {line["FunctionName"] for line in metrics} == {left.function("EmailNotificationSender")}
    assert all(0 <= line["HeartbeatLatency"] < 100_000 for line in metrics)
    assert right.logs("EmailNotificationSender", "heartbeat") == []
