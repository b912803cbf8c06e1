"""Tags decide who is notified: each event lands in its owner's queue and mailbox, and in no other."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scripts import environments
from tests.support.builders import aws_event
from tests.support.pipeline import Pipeline, unique

ROUTING = environments.files(environments.LOCAL).routing
PAYMENTS, SEARCH, PLATFORM = "payments@example.org", "search@example.org", "platform@example.org"
MACHINES = "OrgResourceEventsV2"
OWNER_QUEUES = ("OrgResourceEventsV2-payments", "OrgResourceEventsV2-search")
PAUSE_SECONDS = 0.5

TOMORROW = str((datetime.now(UTC) + timedelta(days=1)).date())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An instance's tags, and where its events belong: mailboxes and owners' queues."""

    tags: dict[str, str] = field(default_factory=dict)
    mailboxes: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    reason: str


CASES = {
    "owned": Case(
        tags={"Owner": "Payments"}, mailboxes=(PAYMENTS,), queues=OWNER_QUEUES[:1], reason="tag Owner=Payments"
    ),
    "owned by others": Case(
        tags={"owner": "search"}, mailboxes=(SEARCH,), queues=OWNER_QUEUES[1:], reason="tag Owner=search"
    ),
    "critical": Case(
        tags={"Owner": "payments", "Environment": "prod"},
        mailboxes=(PAYMENTS, PLATFORM),
        queues=OWNER_QUEUES[:1],
        reason="route payments-critical matched",
    ),
    "unowned": Case(tags={"Owner": "nobody@evil.example"}, mailboxes=(PLATFORM,), reason="names no known owner"),
    "ignored": Case(
        tags={"Owner": "search", "notify:ignore": "true"}, queues=OWNER_QUEUES[1:], reason="tag notify:ignore=true"
    ),
    "muted": Case(
        tags={"Owner": "payments", "notify:mute-until": TOMORROW},
        queues=OWNER_QUEUES[:1],
        reason=f"muted by tag notify:mute-until={TOMORROW}",
    ),
}


def suppressed(pipeline: Pipeline) -> dict[str, str]:
    batches = pipeline.logs("OrgResourceEventNotificationSender", "batch_finished")
    return {entry["id"]: entry["reason"] for batch in batches for entry in batch["suppressed"]}


def test_each_event_lands_exactly_where_its_tags_lead_and_names_the_reason(pipeline: Pipeline) -> None:
    instances = {name: pipeline.launch(unique("web"), **case.tags) for name, case in CASES.items()}
    events = {name: pipeline.drill(instance, "stopped") for name, instance in instances.items()}
    pipeline.settle()

    on_record = suppressed(pipeline)
    # Once, for a fifth look would send the messages to the DLQ.
    waiting = {queue: {m.attributes.get("id") for m in pipeline.peek(queue)} for queue in (MACHINES, *OWNER_QUEUES)}
    for name, case in CASES.items():
        event = events[name]
        mails = pipeline.mails(about=event)
        assert sorted(address for mail in mails for address in mail.to) == sorted(case.mailboxes), name
        assert [queue for queue, ids in waiting.items() if event in ids] == [MACHINES, *case.queues], name
        if mails:
            assert all(case.reason in mail.text for mail in mails), name
        else:
            assert on_record[event] == case.reason


def test_a_terminated_instance_still_has_its_name_and_its_owner(pipeline: Pipeline) -> None:
    name, ec2 = unique("old-batch"), pipeline.client("ec2")
    instance = pipeline.launch(name, Owner="payments")
    pipeline.drill(instance, "running")
    pipeline.settle()

    ec2.terminate_instances(InstanceIds=[instance])
    ec2.delete_tags(Resources=[instance], Tags=[{"Key": "Name"}, {"Key": "Owner"}])  # as AWS does an hour later
    event = pipeline.drill(instance, "terminated")
    pipeline.settle()

    (mail,) = pipeline.mails(about=event)
    assert mail.to == (PAYMENTS,)
    assert f"EC2 instance {name} was terminated" in mail.subject
    (message,) = pipeline.peek(OWNER_QUEUES[0], about=event)
    resource = json.loads(message.body)["data"]["resource"]
    assert (resource["name"], resource["owner"], resource["tags_status"]) == (name, "payments", "cached")


def test_a_tag_that_was_just_changed_counts(pipeline: Pipeline) -> None:
    """The event about the change is the newest knowledge of a resource that is gone."""
    here = {"account": pipeline.account.account_id, "region": pipeline.account.region}
    function = f"arn:aws:lambda:{here['region']}:{here['account']}:function:{unique('mailer')}"
    tags = {"changed-tag-keys": ["Owner"], "service": "lambda", "resource-type": "function", "version": 1}
    changed = aws_event(
        id=unique("tags"),
        source="aws.tag",
        detail_type="Tag Change on Resource",
        time=datetime.now(UTC).isoformat(),
        resources=[function],
        detail=tags | {"tags": {"Owner": "search"}},
        **here,
    )
    pipeline.send("AwsServiceEvents", json.dumps(changed))
    pipeline.settle()
    later = aws_event(
        id=unique("later"), source="aws.lambda", detail_type="Something new", resources=[function], **here
    )
    pipeline.send("AwsServiceEvents", json.dumps(later))
    pipeline.settle()

    for event in (changed["id"], later["id"]):
        (mail,) = pipeline.mails(about=event)
        assert mail.to == (SEARCH,)


def test_an_owners_topic_carries_its_events_and_no_others(pipeline: Pipeline) -> None:
    queue, sqs = unique("subscriber"), pipeline.client("sqs")
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = pipeline.deployment.outputs["topics"]["OrgResourceEventsV2-payments"]["arn"]
    pipeline.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )

    theirs = pipeline.drill(pipeline.launch(unique("web"), Owner="payments"), "stopped")
    pipeline.drill(pipeline.launch(unique("web"), Owner="search"), "stopped")
    pipeline.settle()

    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert [json.loads(message["Body"])["id"] for message in messages] == [theirs]
    assert messages[0]["MessageAttributes"]["owner"]["StringValue"] == "payments"
