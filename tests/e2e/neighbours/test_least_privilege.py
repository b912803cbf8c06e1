"""Every statement is needed: without any one of them something no longer works, and with it back nothing was lost.

The local AWS enforces role and queue policies under AUTH=true, though not all of them: what it does not enforce is
listed with the reason, and a statement that is on neither list fails a test.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Neighbours
from tests.support.builders import aws_event, notification
from tests.support.pipeline import WORKER_QUEUES, Pipeline, unique
from tests.support.policies import (
    queue_statements,
    role_statements,
    without_queue_statement,
    without_role_statement,
)
from tests.support.waiting import eventually

FUNCTIONS = ("AwsServiceEventHandler", "OrgResourceEventNotificationSender", "EmailNotificationSender")
HANDLER, SENDER, EMAIL = FUNCTIONS
EVENTS, MESSAGING, EMAILS = WORKER_QUEUES
URGENT = f"{EMAILS}Urgent"
COMES_BACK_SECONDS = 2

OWNER, STRANGER = "444455556666", "777788889999"
"""The account that may empty the queue of payments (routing/teams.routing.yaml), and one that may not."""

Act = Callable[[Pipeline, str], object]


def an_event(pipeline: Pipeline, name: str) -> None:
    pipeline.send(EVENTS, json.dumps(aws_event(id=name)))


def a_standard_message(pipeline: Pipeline, name: str) -> None:
    """A standard message that nobody has enriched; a body of version 1 is one wherever it is read."""
    pipeline.publish("OrgResourceEventsV2", f"onprem.vmware,{name},off", {"id": name})


def an_owned_event(pipeline: Pipeline, name: str) -> None:
    _owners_subscriber(pipeline)
    instance = pipeline.launch(unique("web"), Owner="payments")
    arn = pipeline.account.instance_arn(instance)
    pipeline.send(EVENTS, json.dumps(aws_event(id=name, resources=[arn])))


def a_notification(pipeline: Pipeline, name: str) -> None:
    pipeline.notify(notification(id=name, text=name, recipients=[]))


def poison_for(queue: str) -> Act:
    return lambda pipeline, name: pipeline.send(queue, name)


def mailed(pipeline: Pipeline, name: str) -> object:
    return pipeline.mails(about=name)


@cache
def _owners_subscriber(pipeline: Pipeline) -> str:
    """Subscribe a queue to the topic of payments, and return its URL."""
    sqs = pipeline.client("sqs")
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    url = sqs.create_queue(QueueName=unique("payments-subscriber"), Attributes={"Policy": policy})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = pipeline.deployment.outputs["topics"]["OrgResourceEventsV2-payments"]["arn"]
    pipeline.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    return str(url)


def heard_by_the_owner(pipeline: Pipeline, name: str) -> object:
    answer = pipeline.client("sqs").receive_message(
        QueueUrl=_owners_subscriber(pipeline), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [message for message in answer.get("Messages", []) if name in message["Body"]]


def waiting_in(queue: str) -> Act:
    return lambda pipeline, name: pipeline.peek(queue, about=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Without the statement `sid` of a function's role, what `act` does is logged as `failure` and not `achieved`."""

    function: str
    sid: str
    queue: str
    act: Act
    achieved: Act
    failure: tuple[str, str]

    def __str__(self) -> str:
        return f"{self.function}-{self.sid}"


def _parking(function: str, queue: str) -> Need:
    return Need(
        function=function,
        sid="ParkInOwnDLQ",
        queue=queue,
        act=poison_for(queue),
        achieved=waiting_in(f"{queue}DLQ"),
        failure=("parking_failed", "AccessDenied"),
    )


NEEDS = (
    Need(
        function=HANDLER,
        sid="PublishToOrgResourceEvents",
        queue=EVENTS,
        act=an_event,
        achieved=waiting_in("OrgResourceEventsMessaging"),
        failure=("message_retried", "sns:Publish: AuthorizationError"),
    ),
    Need(
        function=HANDLER,
        sid="PublishToOrgResourceEventsV2",
        queue=EVENTS,
        act=an_event,
        achieved=mailed,
        failure=("message_retried", "sns:Publish: AuthorizationError"),
    ),
    Need(
        function=HANDLER,
        sid="PublishToOwnersTopics",
        queue=EVENTS,
        act=an_owned_event,
        achieved=heard_by_the_owner,
        failure=("message_retried", "sns:Publish: AuthorizationError"),
    ),
    Need(
        function=SENDER,
        sid="PublishToOrgResourceEventsNotification",
        queue=MESSAGING,
        act=a_standard_message,
        achieved=mailed,
        failure=("message_retried", "sns:Publish: AuthorizationError"),
    ),
    Need(
        function=EMAIL,
        sid="MailFromTheSenderOnly",
        queue=EMAILS,
        act=a_notification,
        achieved=mailed,
        failure=("message_retried", "ses:SendEmail: AccessDenied"),
    ),
    Need(
        function=EMAIL,
        sid="RecordWhatWasSent",
        queue=EMAILS,
        act=a_notification,
        achieved=mailed,
        failure=("message_retried", "dynamodb:PutItem: AccessDenied"),
    ),
    _parking(HANDLER, EVENTS),
    _parking(SENDER, MESSAGING),
    _parking(EMAIL, EMAILS),
)

READS = [(function, sid) for function in (HANDLER, SENDER) for sid in ("ReadTagsOfEC2", "ReadTagsOfAllOthers")]
KEEPS = [(function, "KeepTags") for function in (HANDLER, SENDER)]
"""Separate tests are about them, since nothing stops without them."""
SENDS_BACK = (EMAIL, "SendBackForLater")
"""The same, for it is only needed where SES does not take a mail now."""
ROUTINGS = [(function, "ReadTheRouting", queue) for function, queue in zip(FUNCTIONS, WORKER_QUEUES, strict=True)]
"""The same, for without it a function does not even start."""

ROLE_STATEMENTS_NOT_ENFORCED = {
    "WriteOwnLog": "the local AWS writes the log by itself, not as the role",
    "EmptyOwnQueue": "its mapping reads and empties the queue by itself, not as the role",
    "EncryptForOrgResourceEvents": "its SNS never asks KMS",
    "EncryptForOrgResourceEventsV2": "the same",
    "EncryptForOrgResourceEventsNotification": "the same",
}

SUBSCRIBED = {
    "AwsServiceEvents": ("AwsServiceEvents", mailed),
    "OrgResourceEvents": ("OrgResourceEvents", lambda pipeline, name: pipeline.machine_messages(about=name)),
    "OrgResourceEventsMessaging": ("OrgResourceEvents", waiting_in("OrgResourceEventsMessaging")),
    "OrgResourceEventsV2": ("OrgResourceEventsV2", waiting_in("OrgResourceEventsV2")),
    "OrgResourceEventsMessagingV2": ("OrgResourceEventsV2", mailed),
    "OrgResourceEventsV2-payments": ("OrgResourceEventsV2", waiting_in("OrgResourceEventsV2-payments")),
    "OrgResourceEventsNotificationEmail": ("OrgResourceEventsNotification", mailed),
}
"""The topic that each queue hears, and what shows that it did."""

ENTRANCES = {
    "AwsServiceEvents": lambda pipeline, name: pipeline.publish("AwsServiceEvents", json.dumps(aws_event(id=name))),
    "OrgResourceEvents": lambda pipeline, name: pipeline.publish("OrgResourceEvents", name, {"id": name}),
    "OrgResourceEventsV2": lambda pipeline, name: pipeline.publish(
        "OrgResourceEventsV2", f"onprem.vmware,{name},off", {"id": name, "owner": "payments"}
    ),
    "OrgResourceEventsNotification": a_notification,
}

QUEUE_STATEMENTS_NOT_ENFORCED = {
    r".*/OnlyEncryptedTransport": "where the local AWS enforces policies it speaks nothing but TLS",
    r".*SubscriptionDLQ/OneSourceSends": "its SNS never uses the DLQ of a subscription",
    r".*RuleDLQ/OneSourceSends": "its EventBridge never uses the DLQ of a target",
}
"""By patterns of queue/sid."""


@pytest.fixture
def pipeline(neighbours: Neighbours) -> Pipeline:
    return neighbours.left


@pytest.fixture(scope="module", autouse=True)
def no_subscriber_is_left(neighbours: Neighbours) -> Iterator[None]:
    """What the deployments leave behind is looked at later."""
    yield
    neighbours.left.client("sqs").delete_queue(QueueUrl=_owners_subscriber(neighbours.left))


def test_every_statement_of_a_role_is_tested_or_known_not_to_be_enforced(pipeline: Pipeline) -> None:
    found = {(function, s["Sid"]) for function in (HANDLER, SENDER, EMAIL) for s in role_statements(pipeline, function)}
    tested = {(need.function, need.sid) for need in NEEDS} | {*READS, *KEEPS} | {(f, sid) for f, sid, _ in ROUTINGS}
    tested |= {SENDS_BACK}

    assert tested <= found
    assert {sid for _, sid in found - tested} == ROLE_STATEMENTS_NOT_ENFORCED.keys()


def test_a_role_has_no_policies_but_the_one_that_is_tested(pipeline: Pipeline) -> None:
    iam = pipeline.client("iam")
    for function in (HANDLER, SENDER, EMAIL):
        role = pipeline.function(function)
        assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["work"]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


@pytest.mark.parametrize("need", NEEDS, ids=str)
def test_without_the_statement_it_waits_and_with_it_nothing_was_lost(pipeline: Pipeline, need: Need) -> None:
    name = unique("denied")
    code, reason = need.failure
    earlier = len(pipeline.logs(need.function, code))
    with pipeline.visibility(need.queue, COMES_BACK_SECONDS):
        with without_role_statement(pipeline, need.function, need.sid):
            need.act(pipeline, name)
            (line, *_) = eventually(lambda: pipeline.logs(need.function, code)[earlier:], f"{code} is logged")
            assert reason in line["reason"]
            assert not need.achieved(pipeline, name)
        pipeline.settle()
    assert need.achieved(pipeline, name)


def _subject_after(pipeline: Pipeline, function: str, arn: str, state: str) -> str:
    """Let `function` be the one that looks tags up, and return the subject of the mail."""
    event = unique("looked-up")
    if function == HANDLER:
        pipeline.send(EVENTS, json.dumps(aws_event(id=event, resources=[arn], detail={"state": state})))
    else:
        pipeline.publish("OrgResourceEventsV2", f"aws.ec2,{arn},{state}", {"id": event})
    pipeline.settle()
    (mail,) = pipeline.mails(about=event)
    return mail.subject


def _tagged_resource(pipeline: Pipeline, sid: str, name: str) -> str:
    if sid == "ReadTagsOfEC2":
        return pipeline.account.instance_arn(pipeline.launch(name))
    s3, bucket = pipeline.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": pipeline.account.region})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "Name", "Value": name}]})
    return f"arn:aws:s3:::{bucket}"


@pytest.mark.parametrize(("function", "sid"), READS)
def test_without_the_right_to_read_tags_the_mail_goes_out_with_the_id(
    pipeline: Pipeline, function: str, sid: str
) -> None:
    name = unique("tagged")
    arn = _tagged_resource(pipeline, sid, name)
    with without_role_statement(pipeline, function, sid):
        nameless = _subject_after(pipeline, function, arn, "stopped")

    assert name not in nameless
    assert name in _subject_after(pipeline, function, arn, "stopped")


@pytest.mark.parametrize(("function", "sid"), KEEPS)
def test_without_the_right_to_keep_tags_a_resource_that_is_gone_has_no_name(
    pipeline: Pipeline, function: str, sid: str
) -> None:
    def subject_of_one_that_is_gone(name: str) -> str:
        instance = pipeline.launch(name)
        arn = pipeline.account.instance_arn(instance)
        assert name in _subject_after(pipeline, function, arn, "running")
        pipeline.client("ec2").terminate_instances(InstanceIds=[instance])
        pipeline.client("ec2").delete_tags(Resources=[instance], Tags=[{"Key": "Name"}])
        return _subject_after(pipeline, function, arn, "terminated")

    forgotten, kept = unique("forgotten"), unique("kept")
    with without_role_statement(pipeline, function, sid):
        subject = subject_of_one_that_is_gone(forgotten)

    assert forgotten not in subject
    assert kept in subject_of_one_that_is_gone(kept)


@pytest.mark.parametrize(("function", "sid", "queue"), ROUTINGS)
def test_without_its_routing_a_function_does_not_start_and_what_came_meanwhile_waits(
    pipeline: Pipeline, function: str, sid: str, queue: str
) -> None:
    name = unique("unrouted")
    with pipeline.visibility(queue, COMES_BACK_SECONDS * 5):
        with without_role_statement(pipeline, function, sid):
            pipeline.kill_workers(function)
            an_event(pipeline, name)
            eventually(lambda: pipeline.depth(queue), f"it is in {queue}")
            time.sleep(COMES_BACK_SECONDS)
            assert pipeline.depth(queue) == 1
            assert not mailed(pipeline, name)
        pipeline.settle()
    assert mailed(pipeline, name)


def test_without_the_right_to_send_it_back_what_ses_does_not_take_now_waits(pipeline: Pipeline) -> None:
    function, sid = SENDS_BACK
    name, earlier = unique("later"), len(pipeline.logs(function, "requeue_failed"))
    with pipeline.visibility(EMAILS, COMES_BACK_SECONDS):
        with without_role_statement(pipeline, function, sid), _ses_takes_nothing(pipeline):
            a_notification(pipeline, name)
            (line, *_) = eventually(lambda: pipeline.logs(function, "requeue_failed")[earlier:], "it is not sent back")
            assert "AccessDenied" in line["reason"]
            assert not mailed(pipeline, name)
        pipeline.settle()
    assert mailed(pipeline, name)


@contextmanager
def _ses_takes_nothing(pipeline: Pipeline) -> Iterator[None]:
    """Close the row by which the workers keep their pace, as a worker does of which SES takes no mail."""
    table = {"TableName": pipeline.deployment.outputs["sent_table"]["name"]}
    row = {name: {"N": "0"} for name in ("free_at", "day_ends", "day_count")}
    row |= {"id": {"S": "pace|email"}, "closed_reason": {"S": "a test"}, "version": {"N": str(time.time_ns())}}
    pipeline.client("dynamodb").put_item(**table, Item=row | {"closed_until": {"N": str(int(time.time()) + 600)}})
    try:
        yield
    finally:
        pipeline.client("dynamodb").delete_item(**table, Key={"id": row["id"]})


def test_every_statement_of_a_queue_is_tested_or_known_not_to_be_enforced(pipeline: Pipeline) -> None:
    queues = pipeline.deployment.outputs["queues"]
    found = {f"{queue}/{statement['Sid']}" for queue in queues for statement in queue_statements(pipeline, queue)}
    tested = {f"{queue}/OneSourceSends" for queue in SUBSCRIBED}
    tested |= {"OrgResourceEventsV2-payments/NamedReadersReceive", f"{URGENT}/OneSourceSends"}
    known = {pattern: {s for s in found if re.fullmatch(pattern, s)} for pattern in QUEUE_STATEMENTS_NOT_ENFORCED}

    assert tested <= found
    assert all(known.values())
    assert found - tested == set.union(*known.values())


@pytest.mark.parametrize("queue", SUBSCRIBED)
def test_a_queue_that_does_not_let_its_topic_in_hears_nothing(pipeline: Pipeline, queue: str) -> None:
    topic, heard = SUBSCRIBED[queue]
    name, later = unique("shut-out"), unique("let-in")
    with without_queue_statement(pipeline, queue, "OneSourceSends"):
        ENTRANCES[topic](pipeline, name)
        pipeline.settle()
    ENTRANCES[topic](pipeline, later)
    pipeline.settle()

    assert not heard(pipeline, name)
    assert heard(pipeline, later)


def test_what_is_urgent_comes_by_a_second_queue_unless_that_does_not_let_its_topic_in(pipeline: Pipeline) -> None:
    def publish(name: str) -> None:
        body = json.dumps(notification(id=name, text=name, recipients=[]))
        pipeline.publish("OrgResourceEventsNotification", body, {"channels": ["email"], "severity": "FATAL"})

    name, later = unique("shut-out"), unique("let-in")
    with without_queue_statement(pipeline, EMAILS, "OneSourceSends"):
        with without_queue_statement(pipeline, URGENT, "OneSourceSends"):
            publish(name)
        publish(later)
        eventually(lambda: mailed(pipeline, later), "it is mailed")

    assert not mailed(pipeline, name)


def test_an_owners_account_takes_its_messages_and_nobody_elses_does(pipeline: Pipeline) -> None:
    name, queue = unique("theirs"), "OrgResourceEventsV2-payments"
    with closing(pipeline.client_of(STRANGER, "sqs")) as stranger, closing(pipeline.client_of(OWNER, "sqs")) as owner:
        ENTRANCES["OrgResourceEventsV2"](pipeline, name)
        eventually(lambda: pipeline.peek(queue, about=name), "it is in the owner's queue")

        with pytest.raises(ClientError, match="AccessDenied"):
            stranger.receive_message(QueueUrl=pipeline.url(queue))
        (message, *_) = owner.receive_message(QueueUrl=pipeline.url(queue), MaxNumberOfMessages=10)["Messages"]
        owner.delete_message(QueueUrl=pipeline.url(queue), ReceiptHandle=message["ReceiptHandle"])
