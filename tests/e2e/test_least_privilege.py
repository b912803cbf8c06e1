"""Every statement is needed: without any one of them something no longer works, and with it back nothing was lost.

The local AWS enforces role and queue policies under AUTH=true, though not all of them: what it does not enforce is
listed with the reason, and a statement that is on neither list fails a test.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.builders import aws_event, notification
from tests.e2e.conftest import Neighbours
from tests.e2e.pipeline import WORKER_QUEUES, Pipeline, eventually, unique

HANDLER, SENDER, EMAIL = "AwsServiceEventHandler", "OrgResourceEventNotificationSender", "EmailNotificationSender"
EVENTS, MESSAGING, EMAILS = WORKER_QUEUES
COMES_BACK_SECONDS = 2

Act = Callable[[Pipeline, str], object]


def an_event(pipeline: Pipeline, name: str) -> None:
    pipeline.send(EVENTS, json.dumps(aws_event(id=name)))


def a_standard_message(pipeline: Pipeline, name: str) -> None:
    pipeline.publish("OrgResourceEvents", f"onprem.vmware,{name},off", {"id": name})


def a_notification(pipeline: Pipeline, name: str) -> None:
    pipeline.notify(notification(id=name, text=name, recipients=[]))


def poison_for(queue: str) -> Act:
    return lambda pipeline, name: pipeline.send(queue, name)


def mailed(pipeline: Pipeline, name: str) -> object:
    return pipeline.mails(about=name)


def waiting_in(queue: str) -> Act:
    return lambda pipeline, name: pipeline.dlq(queue, about=name)


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
        achieved=mailed,
        failure=("message_retried", "sns:Publish: AuthorizationError"),
    ),
    Need(
        function=HANDLER,
        sid="PublishToOrgResourceEventsV2",
        queue=EVENTS,
        act=an_event,
        achieved=waiting_in("OrgResourceEventsMessagingV2"),
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
        failure=("message_retried", "the sent record could not be read or written"),
    ),
    _parking(HANDLER, EVENTS),
    _parking(SENDER, MESSAGING),
    _parking(EMAIL, EMAILS),
)

TAGS = (SENDER, "ReadNamesOfInstances")
"""It has a test of its own, for its lack stops nothing."""

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
    "OrgResourceEventsMessaging": ("OrgResourceEvents", mailed),
    "OrgResourceEventsV2": ("OrgResourceEventsV2", waiting_in("OrgResourceEventsV2")),
    "OrgResourceEventsMessagingV2": ("OrgResourceEventsV2", waiting_in("OrgResourceEventsMessagingV2")),
    "OrgResourceEventsNotificationEmail": ("OrgResourceEventsNotification", mailed),
}
"""The topic that each queue hears, and what tells that it heard."""

ENTRANCES = {
    "AwsServiceEvents": lambda pipeline, name: pipeline.publish("AwsServiceEvents", json.dumps(aws_event(id=name))),
    "OrgResourceEvents": a_standard_message,
    "OrgResourceEventsV2": lambda pipeline, name: pipeline.publish("OrgResourceEventsV2", name, {"id": name}),
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


def test_every_statement_of_a_role_is_tested_or_known_not_to_be_enforced(pipeline: Pipeline) -> None:
    found = {
        (function, s["Sid"]) for function in (HANDLER, SENDER, EMAIL) for s in _role_statements(pipeline, function)
    }
    tested = {(need.function, need.sid) for need in NEEDS} | {TAGS}

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


def test_without_the_right_to_read_names_the_mail_goes_out_with_the_id(pipeline: Pipeline) -> None:
    name = unique("web")
    instance = pipeline.launch(name)
    with without_role_statement(pipeline, *TAGS):
        event = pipeline.drill(instance, "stopped")
        pipeline.settle()
    named = pipeline.drill(instance, "stopped")
    pipeline.settle()

    def subject(event_id: str) -> str:
        (mine,) = [m for m in pipeline.mails(about=event_id) if m.sender == "left-events@example.org"]
        return mine.subject

    assert f"EC2 instance {instance} has stopped" in subject(event)
    assert f"EC2 instance {name} has stopped" in subject(named)


def test_every_statement_of_a_queue_is_tested_or_known_not_to_be_enforced(pipeline: Pipeline) -> None:
    queues = pipeline.deployment.outputs["queues"]
    found = {f"{queue}/{statement['Sid']}" for queue in queues for statement in _queue_statements(pipeline, queue)}
    tested = {f"{queue}/OneSourceSends" for queue in SUBSCRIBED}
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


@contextmanager
def without_role_statement(pipeline: Pipeline, function: str, sid: str) -> Iterator[None]:
    before = _role_statements(pipeline, function)
    _put_role_statements(pipeline, function, [s for s in before if s["Sid"] != sid])
    try:
        yield
    finally:
        _put_role_statements(pipeline, function, before)


@contextmanager
def without_queue_statement(pipeline: Pipeline, queue: str, sid: str) -> Iterator[None]:
    before = _queue_statements(pipeline, queue)
    _put_queue_statements(pipeline, queue, [s for s in before if s["Sid"] != sid])
    try:
        yield
    finally:
        _put_queue_statements(pipeline, queue, before)


def _role_statements(pipeline: Pipeline, function: str) -> list[dict[str, Any]]:
    answer = pipeline.client("iam").get_role_policy(RoleName=pipeline.function(function), PolicyName="work")
    return list(answer["PolicyDocument"]["Statement"])


def _put_role_statements(pipeline: Pipeline, function: str, statements: list[dict[str, Any]]) -> None:
    pipeline.client("iam").put_role_policy(
        RoleName=pipeline.function(function), PolicyName="work", PolicyDocument=_document(statements)
    )


def _queue_statements(pipeline: Pipeline, queue: str) -> list[dict[str, Any]]:
    answer = pipeline.client("sqs").get_queue_attributes(QueueUrl=pipeline.url(queue), AttributeNames=["Policy"])
    statements = json.loads(answer["Attributes"]["Policy"])["Statement"]
    return list(statements) if isinstance(statements, list) else [statements]


def _put_queue_statements(pipeline: Pipeline, queue: str, statements: list[dict[str, Any]]) -> None:
    pipeline.client("sqs").set_queue_attributes(
        QueueUrl=pipeline.url(queue), Attributes={"Policy": _document(statements)}
    )


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
