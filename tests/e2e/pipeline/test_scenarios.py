"""What people and machines hear of an instance's life, from the bus to the mailbox."""

import pytest

from tests.support.pipeline import Pipeline, unique

SENDER = "infra-events@example.org"
PLATFORM = ("platform@example.org",)

PENDING = ("pending", "is starting")
RUNNING = ("running", "is running")
STOPPING = ("stopping", "is stopping")
STOPPED = ("stopped", "has stopped")
SHUTTING_DOWN = ("shutting-down", "is shutting down for good")
TERMINATED = ("terminated", "was terminated")


@pytest.mark.parametrize(
    ("calls", "states"),
    [
        pytest.param([], [PENDING, RUNNING], id="create"),
        pytest.param(["stop_instances"], [STOPPING, STOPPED], id="stop"),
        pytest.param(["stop_instances", "start_instances"], [STOPPING, STOPPED, PENDING, RUNNING], id="restart"),
        pytest.param(["terminate_instances"], [SHUTTING_DOWN, TERMINATED], id="terminate"),
    ],
)
def test_each_state_is_one_mail_and_one_machine_message(
    pipeline: Pipeline, calls: list[str], states: list[tuple[str, str]]
) -> None:
    name = unique("web")
    instance = pipeline.launch(name)
    for call in calls:
        getattr(pipeline.client("ec2"), call)(InstanceIds=[instance])
    waiting = pipeline.depth("OrgResourceEvents")

    events = [pipeline.drill(instance, state) for state, _ in states]
    pipeline.settle()

    where = f"({pipeline.account.account_id}, {pipeline.account.region})"
    mails = pipeline.mails(about=instance)
    assert sorted(mail.subject for mail in mails) == sorted(
        f"[DRILL] EC2 instance {name} {words} {where}" for _, words in states
    )
    assert {(mail.sender, mail.to) for mail in mails} == {(SENDER, PLATFORM)}
    for event, (_, words) in zip(events, states, strict=True):
        (mail,) = pipeline.mails(about=event)
        assert words in mail.text
        assert words in mail.html

    assert pipeline.depth("OrgResourceEvents") == waiting + len(states), "it must build up: nobody here consumes it"
    arn = pipeline.account.instance_arn(instance)
    messages = {m.attributes["id"]: m.body for m in pipeline.machine_messages(about=instance)}
    assert messages == {event: f"drill.aws.ec2,{arn},{state}" for event, (state, _) in zip(events, states, strict=True)}


def test_an_instance_tagged_to_be_ignored_reaches_machines_only_and_that_is_on_record(pipeline: Pipeline) -> None:
    instance = pipeline.launch(unique("ci-runner"), **{"notify:ignore": "true"})

    events = [pipeline.drill(instance, state) for state in ("stopping", "stopped")]
    pipeline.settle()

    assert pipeline.mails(about=instance) == []
    assert sorted(m.attributes["id"] for m in pipeline.machine_messages(about=instance)) == sorted(events)
    batches = pipeline.logs("OrgResourceEventNotificationSender", "batch_finished")
    suppressed = {entry["id"]: entry["reason"] for batch in batches for entry in batch["suppressed"]}
    assert {event: suppressed.get(event) for event in events} == dict.fromkeys(events, "tag notify:ignore=true")


def test_a_standard_message_can_be_filtered_by_its_attributes(pipeline: Pipeline) -> None:
    event = pipeline.drill(pipeline.launch(unique("web")), "stopped")
    pipeline.settle()

    (message,) = pipeline.machine_messages(about=event)
    assert (
        message.attributes.items()
        >= {
            "id": event,
            "type": "infra.aws.ec2.instance.state_changed",
            "severity": "WARN",
            "service": "ec2",
            "account_id": pipeline.account.account_id,
            "schema_version": "1",
            "drill": "true",
        }.items()
    )
