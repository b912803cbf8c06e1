"""Two deployments applied afresh, side by side in one account that enforces the policies."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Neighbours
from tests.support.builders import aws_event, notification
from tests.support.pipeline import Pipeline, unique


def test_a_second_plan_is_empty(neighbours: Neighbours) -> None:
    with ThreadPoolExecutor() as threads:
        changes = list(threads.map(lambda pipeline: pipeline.deployment.stack.plan(), neighbours.both))

    assert changes == [False, False]


def test_the_whole_way_works_under_enforced_policies_and_a_drill_reaches_both(neighbours: Neighbours) -> None:
    name = unique("web")
    instance = neighbours.left.launch(name)
    events = [neighbours.left.drill(instance, state) for state in ("stopping", "stopped")]
    for pipeline in neighbours.both:
        pipeline.settle()

    mails = neighbours.left.mails(about=name)
    assert sorted((mail.sender, "has stopped" in mail.subject) for mail in mails) == [
        ("left-events@example.org", False),
        ("left-events@example.org", True),
        ("right-events@example.org", False),
        ("right-events@example.org", True),
    ]
    for pipeline in neighbours.both:
        assert sorted(m.attributes["id"] for m in pipeline.machine_messages(about=instance)) == sorted(events)


def test_under_enforced_policies_poison_is_parked_and_redriven(neighbours: Neighbours) -> None:
    name = unique("poison")
    neighbours.left.send("AwsServiceEvents", name)
    neighbours.left.settle()

    (parked,) = neighbours.left.peek("AwsServiceEventsDLQ", about=name)
    assert parked.attributes["park_code"] == "not_json"
    assert neighbours.left.redrive("AwsServiceEventsDLQ") == 0
    neighbours.left.settle()
    assert neighbours.left.peek("AwsServiceEventsDLQ", about=name) == [parked]


def _as_event(pipeline: Pipeline, name: str) -> None:
    pipeline.send("AwsServiceEvents", json.dumps(aws_event(id=name)))


def _as_standard_message(pipeline: Pipeline, name: str) -> None:
    pipeline.publish("OrgResourceEventsV2", f"onprem.vmware,{name},off", {"id": name})


def _as_notification(pipeline: Pipeline, name: str) -> None:
    pipeline.notify(notification(id=name, text=name, recipients=["platform"]))


@pytest.mark.parametrize("enter", [_as_event, _as_standard_message, _as_notification])
def test_neighbours_do_not_hear_each_other(neighbours: Neighbours, enter: Callable[[Pipeline, str], None]) -> None:
    name = unique("left-only")
    enter(neighbours.left, name)
    for pipeline in neighbours.both:
        pipeline.settle()

    assert [mail.sender for mail in neighbours.left.mails(about=name)] == ["left-events@example.org"]
    assert neighbours.right.machine_messages(about=name) == []
    assert neighbours.right.peek("OrgResourceEventsV2", about=name) == []


def test_each_address_of_the_named_recipients_gets_one_mail(neighbours: Neighbours) -> None:
    name = unique("both")
    neighbours.right.notify(notification(id=name, text=name, recipients=["payments", "platform", "payments"]))
    neighbours.right.settle()

    assert sorted(mail.to for mail in neighbours.right.mails(about=name)) == [
        ("payments-oncall@example.org",),
        ("payments@example.org",),
        ("platform@example.org",),
    ]
