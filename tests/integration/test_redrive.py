"""Redrive on moto's SQS: nothing is lost, whatever fails, and nothing changes without --apply."""

import json
from io import StringIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from scripts.local import stack as local_stack
from scripts.operate import redrive
from scripts.project import CommandError

PARKED = {"park_code": "not_json", "park_reason": "the body is [red]not[/] JSON", "id": "event-1"}


@pytest.fixture
def sqs(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 - the fake AWS must be there first
    """Queues as Terraform makes them: a worker queue, its DLQ, and those of its subscription and its rule."""
    monkeypatch.setattr(redrive, "WAIT_SECONDS", 0)
    client = boto3.client("sqs")
    for name in ("OrdersDLQ", "OrdersSubscriptionDLQ", "OrdersRuleDLQ"):
        client.create_queue(QueueName=name)
    policy = {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:OrdersDLQ", "maxReceiveCount": 5}
    client.create_queue(QueueName="Orders", Attributes={"RedrivePolicy": json.dumps(policy)})
    return client


class Failing:
    """An SQS client of which one operation fails for one body (or always), and that counts what it is asked."""

    def __init__(self, sqs: Any, operation: str, body: str | None = None) -> None:
        self._sqs, self._operation, self._body = sqs, operation, body

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._sqs, name)

        def call(**arguments: Any) -> Any:
            if self._body in (None, arguments.get("MessageBody")):
                raise ClientError({"Error": {"Code": "AccessDenied"}}, name)
            return getattr(self._sqs, name)(**arguments)

        return call


def put(sqs: Any, queue: str, body: str, **attributes: str) -> None:
    types = {"channels": "String.Array", "count": "Number.int"}
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": types.get(name, "String"), "StringValue": value} for name, value in attributes.items()
        },
    )


def waiting(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """All messages that can be seen, and go on being seen."""
    answer = sqs.receive_message(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageAttributeNames=["All"],
    )
    return sorted(answer.get("Messages", []), key=lambda message: str(message["Body"]))


def bodies(sqs: Any, queue: str) -> list[str]:
    return [message["Body"] for message in waiting(sqs, queue)]


def run(sqs: Any, dlq: str = "OrdersDLQ", *, apply: bool = True, limit: int = 10) -> tuple[int, str]:
    output = Console(file=StringIO(), width=200, markup=False)
    failed = redrive.send_back(redrive.way(sqs, dlq), limit, output, apply=apply)
    return failed, output.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO


def test_parked_and_exhausted_messages_go_back_as_they_came(sqs: Any) -> None:
    put(sqs, "OrdersDLQ", "parked", channels='["email"]', **PARKED)
    put(sqs, "OrdersDLQ", "exhausted", id="event-2", count="3")

    failed, _ = run(sqs)

    exhausted, parked = waiting(sqs, "Orders")
    assert failed == 0
    assert bodies(sqs, "OrdersDLQ") == []
    assert parked["MessageAttributes"] == {
        "id": {"DataType": "String", "StringValue": "event-1"},
        "channels": {"DataType": "String.Array", "StringValue": '["email"]'},
    }
    assert exhausted["MessageAttributes"]["count"] == {"DataType": "Number.int", "StringValue": "3"}


def test_what_was_handed_to_a_function_directly_goes_back_without_lambdas_envelope(sqs: Any) -> None:
    event = {"source": "aws.ec2", "detail-type": "x"}
    context = {"condition": "RetriesExhausted", "functionArn": "arn"}
    put(sqs, "OrdersDLQ", json.dumps({"version": "1.0", "requestContext": context, "requestPayload": event}))
    put(sqs, "OrdersDLQ", '{"requestPayload": "of somebody else"}')

    failed, _ = run(sqs)

    assert failed == 0
    assert sorted(bodies(sqs, "Orders")) == sorted([json.dumps(event), '{"requestPayload": "of somebody else"}'])


def test_without_apply_it_shows_everything_and_changes_nothing(sqs: Any) -> None:
    put(sqs, "OrdersDLQ", "parked", **PARKED)
    put(sqs, "OrdersDLQ", "exhausted")

    _, shown = run(sqs, apply=False)

    assert "not_json" in shown
    assert "the body is [red]not[/] JSON" in shown
    assert "exhausted" in shown
    assert bodies(sqs, "OrdersDLQ") == ["exhausted", "parked"]
    assert bodies(sqs, "Orders") == []


def test_a_second_run_finds_nothing(sqs: Any) -> None:
    put(sqs, "OrdersDLQ", "parked", **PARKED)
    run(sqs)

    _, shown = run(sqs)

    assert "Nothing waits there" in shown
    assert bodies(sqs, "Orders") == ["parked"]


def test_what_cannot_be_sent_stays_and_the_rest_goes(sqs: Any) -> None:
    for body in ("a", "b", "c"):
        put(sqs, "OrdersDLQ", body, **PARKED)

    failed, shown = run(Failing(sqs, "send_message", body="b"))

    assert failed == 1
    assert "not sent: AccessDenied" in shown
    assert bodies(sqs, "Orders") == ["a", "c"]
    (kept,) = waiting(sqs, "OrdersDLQ")
    assert kept["Body"] == "b"
    assert kept["MessageAttributes"]["park_code"]["StringValue"] == "not_json"


def test_what_cannot_be_deleted_is_repeated_and_shown(sqs: Any) -> None:
    put(sqs, "OrdersDLQ", "a")

    failed, shown = run(Failing(sqs, "delete_message"))

    assert failed == 1
    assert "still here as well" in shown
    assert bodies(sqs, "Orders") == ["a"]


def test_killed_between_sending_and_deleting_it_repeats_one_message_and_shows_the_others_again(
    sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body in ("a", "b", "c"):
        put(sqs, "OrdersDLQ", body)

    def interrupt(**_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "delete_message", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(sqs)

    assert len(bodies(sqs, "Orders")) == 1
    assert bodies(sqs, "OrdersDLQ") == ["a", "b", "c"]


def test_what_is_parked_again_at_once_does_not_go_round(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(sqs, "OrdersDLQ", "poison", **PARKED)
    sent = []
    send = sqs.send_message

    def send_and_park_again(**arguments: Any) -> None:
        sent.append(arguments["MessageBody"])
        send(QueueUrl=sqs.get_queue_url(QueueName="OrdersDLQ")["QueueUrl"], MessageBody=arguments["MessageBody"])

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "send_message", send_and_park_again)
        run(sqs)

    assert sent == ["poison"]
    assert bodies(sqs, "OrdersDLQ") == ["poison"]


def test_a_body_too_deep_for_json_goes_back_as_it_is(sqs: Any) -> None:
    body = "[" * 100_000
    put(sqs, "OrdersDLQ", body, **PARKED)

    run(sqs)

    assert bodies(sqs, "Orders") == [body]


def test_the_limit_leaves_the_others_alone(sqs: Any) -> None:
    for body in ("a", "b", "c"):
        put(sqs, "OrdersDLQ", body)

    _, shown = run(sqs, limit=2)

    assert "More may wait" in shown
    assert len(bodies(sqs, "Orders")) == 2
    assert len(bodies(sqs, "OrdersDLQ")) == 1


@pytest.mark.parametrize(
    ("dlq", "attributes", "why"),
    [
        ("OrdersSubscriptionDLQ", {"ErrorCode": "AccessDenied", "ErrorMessage": "no"}, "AccessDenied"),
        ("OrdersRuleDLQ", {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "no"}, "NO_PERMISSIONS"),
    ],
)
def test_topics_and_rules_dead_letters_go_to_the_queue_that_they_were_for(
    sqs: Any, dlq: str, attributes: dict[str, str], why: str
) -> None:
    put(sqs, dlq, "never arrived", **attributes)

    _, shown = run(sqs, dlq)

    assert why in shown
    assert bodies(sqs, "Orders") == ["never arrived"]


def test_the_queue_that_names_the_dlq_goes_before_the_one_it_is_named_after(sqs: Any) -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:UnusualDLQ"
    sqs.create_queue(QueueName="UnusualDLQ")
    sqs.create_queue(QueueName="Unusual")
    sqs.create_queue(
        QueueName="Real", Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})}
    )
    put(sqs, "UnusualDLQ", "a")

    run(sqs, "UnusualDLQ")

    assert bodies(sqs, "Real") == ["a"]
    assert bodies(sqs, "Unusual") == []


@pytest.mark.parametrize(("name", "complaint"), [("Nope", "OrdersDLQ, OrdersRuleDLQ"), ("Orders", "no dead-letter")])
def test_what_is_no_dlq_is_refused(sqs: Any, name: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        redrive.way(sqs, name)


def test_the_command_fails_when_a_message_does(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_stack, "running", lambda: None)
    command = ["OrdersDLQ", "--apply"]
    put(sqs, "OrdersDLQ", "a")
    redrive.redrive.main(command, standalone_mode=False)

    put(sqs, "OrdersDLQ", "b")
    monkeypatch.setattr(boto3.Session, "client", lambda *_: Failing(sqs, "send_message"))
    with pytest.raises(CommandError, match="1 of the messages"):
        redrive.redrive.main(command, standalone_mode=False)
