"""Redrive on moto's SQS: nothing is lost, whatever fails, and nothing changes without --apply."""

import json
import signal
import threading
import time
from email.utils import formatdate
from io import StringIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from scripts.operate import dead_letters, redrive
from scripts.operate.target import Place, Target
from scripts.project import CommandError, UsageError

ARN = "arn:aws:sqs:eu-west-1:123456789012:{}"
PARKED = {"park_code": "not_json", "park_reason": "the body is [red]not[/] JSON", "id": "event-1"}


@pytest.fixture
def sqs(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 - the fake AWS must be there first
    """Queues as Terraform makes them: a worker queue, its DLQ, and those of its subscription and its rule."""
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    monkeypatch.setattr(redrive, "THREADS", 1)  # moto gives one message to two threads; tests/e2e has many
    client = boto3.client("sqs")
    for name in ("OrdersDLQ", "OrdersSubscriptionDLQ", "OrdersRuleDLQ"):
        client.create_queue(QueueName=f"blue-{name}")
    feed(client, "blue-Orders", "blue-OrdersDLQ")
    return client


def feed(sqs: Any, queue: str, dlq: str) -> None:
    """Make a queue whose redrive policy names ``dlq``."""
    policy = {"deadLetterTargetArn": ARN.format(dlq), "maxReceiveCount": 5}
    sqs.create_queue(QueueName=queue, Attributes={"RedrivePolicy": json.dumps(policy)})


def queues(**dlqs: str | None) -> redrive.Queues:
    """The stack's outputs: the queues named here with their DLQs, or those of ``sqs``."""
    orders = {"Orders": "OrdersDLQ", "OrdersDLQ": None, "OrdersSubscriptionDLQ": None, "OrdersRuleDLQ": None}
    return {
        name: {
            "name": f"blue-{name}",
            "arn": ARN.format(f"blue-{name}"),
            "url": f"https://sqs.eu-west-1.amazonaws.com/123456789012/blue-{name}",
            "dlq": dlq,
        }
        for name, dlq in (dlqs or orders).items()
    }


QUEUES = queues()


class Failing:
    """An SQS client of which one batch operation fails, for one body or always."""

    def __init__(self, sqs: Any, operation: str, body: str | None = None) -> None:
        self._sqs, self._operation, self._body = sqs, operation, body

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._sqs, name)

        def call(**arguments: Any) -> Any:
            entries = arguments["Entries"]
            bad = [entry["Id"] for entry in entries if self._body in (None, entry.get("MessageBody"))]
            if len(bad) == len(entries):
                raise ClientError({"Error": {"Code": "AccessDenied"}}, name)
            answer = getattr(self._sqs, name)(**arguments | {"Entries": [e for e in entries if e["Id"] not in bad]})
            failed = [{"Id": name, "Code": "AccessDenied", "SenderFault": True} for name in bad]
            return answer | {"Failed": [*answer.get("Failed", []), *failed]}

        return call


def url(sqs: Any, queue: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"blue-{queue}")["QueueUrl"])


def put(sqs: Any, queue: str, body: str, **attributes: str) -> None:
    types = {"channels": "String.Array", "count": "Number.int"}
    sqs.send_message(
        QueueUrl=url(sqs, queue),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": types.get(name, "String"), "StringValue": value} for name, value in attributes.items()
        },
    )


def waiting(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """All messages that can be seen, and go on being seen."""
    answer = sqs.receive_message(
        QueueUrl=url(sqs, queue),
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageAttributeNames=["All"],
    )
    return sorted(answer.get("Messages", []), key=lambda message: str(message["Body"]))


def bodies(sqs: Any, queue: str) -> list[str]:
    return [message["Body"] for message in waiting(sqs, queue)]


def run(
    sqs: Any, dlq: str = "OrdersDLQ", *, apply: bool = True, limit: int | None = None, among: redrive.Queues = QUEUES
) -> tuple[int, str]:
    output = Console(file=StringIO(), width=80, markup=False, soft_wrap=True)
    way = redrive.way(sqs, among, dlq)
    failed = redrive.send_back(way, output, limit) if apply else 0
    if not apply:
        redrive.show(way, output, limit)
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

    failed, shown = run(Failing(sqs, "send_message_batch", body="b"))

    assert failed == 1
    assert "not sent: AccessDenied" in shown
    assert bodies(sqs, "Orders") == ["a", "c"]
    (kept,) = waiting(sqs, "OrdersDLQ")
    assert kept["Body"] == "b"
    assert kept["MessageAttributes"]["park_code"]["StringValue"] == "not_json"


def test_what_cannot_be_deleted_is_repeated_and_shown(sqs: Any) -> None:
    put(sqs, "OrdersDLQ", "a")

    failed, shown = run(Failing(sqs, "delete_message_batch"))

    assert failed == 1
    assert "still here as well" in shown
    assert bodies(sqs, "Orders") == ["a"]


def test_killed_between_sending_and_deleting_it_repeats_one_batch_and_shows_the_others_again(
    sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [f"{number:02}" for number in range(25)]
    for body in sent:
        put(sqs, "OrdersDLQ", body)

    def interrupt(**_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "delete_message_batch", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(sqs)

    assert len(drained(sqs, "Orders")) == dead_letters.BATCH
    assert drained(sqs, "OrdersDLQ") == sent


def test_an_interrupt_ends_it_after_the_batches_in_hand_and_repeats_nothing(
    sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [f"{number:03}" for number in range(300)]
    for body in sent:
        put(sqs, "OrdersDLQ", body)
    send = sqs.send_message_batch

    def send_and_interrupt(**arguments: Any) -> Any:
        answer = send(**arguments)
        if not interrupted.is_set():
            interrupted.set()
            signal.pthread_kill(main, signal.SIGINT)
        return answer

    interrupted, main = threading.Event(), threading.main_thread().ident or 0
    with monkeypatch.context() as patch:
        patch.setattr(sqs, "send_message_batch", send_and_interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(sqs)

    went, stayed = drained(sqs, "Orders"), drained(sqs, "OrdersDLQ")
    assert went
    assert stayed
    assert sorted(went + stayed) == sent


def test_hundreds_go_back_each_once_however_large(sqs: Any) -> None:
    sent = [f"{number:04}" for number in range(200)]
    large = [letter * 100_000 for letter in "abcdefg"]
    for start in range(0, len(sent), 10):
        entries = [{"Id": body, "MessageBody": body} for body in sent[start : start + 10]]
        sqs.send_message_batch(QueueUrl=url(sqs, "OrdersDLQ"), Entries=entries)
    for body in large:
        put(sqs, "OrdersDLQ", body, **PARKED)

    failed, shown = run(sqs)

    assert failed == 0
    assert "200  sent (exhausted: " in shown
    assert bodies(sqs, "OrdersDLQ") == []
    assert drained(sqs, "Orders") == sent + large


def drained(sqs: Any, queue: str) -> list[str]:
    """The bodies of all messages that can be seen; they are taken."""
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url(sqs, queue), MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return sorted(found)


def test_what_is_parked_again_at_once_does_not_go_round(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(sqs, "OrdersDLQ", "poison", **PARKED)
    sent = []

    def send_and_park_again(**arguments: Any) -> Any:
        for entry in arguments["Entries"]:
            sent.append(entry["MessageBody"])
            sqs.send_message(QueueUrl=url(sqs, "OrdersDLQ"), MessageBody=entry["MessageBody"])
        return {}

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "send_message_batch", send_and_park_again)
        _, shown = run(sqs)

    assert sent == ["poison"]
    assert "1  came in meanwhile and stayed, perhaps parked again" in shown
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
    sqs.create_queue(QueueName="blue-UnusualDLQ")
    sqs.create_queue(QueueName="blue-Unusual")
    feed(sqs, "blue-Real", "blue-UnusualDLQ")
    put(sqs, "UnusualDLQ", "a")

    run(sqs, "blue-UnusualDLQ", among=queues(Unusual=None, Real="UnusualDLQ", UnusualDLQ=None))

    assert bodies(sqs, "Real") == ["a"]
    assert bodies(sqs, "Unusual") == []


@pytest.mark.parametrize(("name", "complaint"), [("Nope", "OrdersDLQ, OrdersRuleDLQ"), ("Orders", "no dead-letter")])
def test_what_is_no_dlq_is_refused(sqs: Any, name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        redrive.way(sqs, QUEUES, name)


@pytest.mark.parametrize("dlq", ["OrdersDLQ", "OrdersSubscriptionDLQ", "OrdersRuleDLQ"])
def test_a_queue_of_somebody_elses_that_names_our_dlq_gets_nothing_and_is_named(sqs: Any, dlq: str) -> None:
    feed(sqs, "mallory", f"blue-{dlq}")
    put(sqs, dlq, "secret")

    with pytest.raises(CommandError, match=rf"^mallory also leads to blue-{dlq} and is not its queue"):
        run(sqs, dlq)

    assert bodies(sqs, dlq) == ["secret"]
    assert "Messages" not in sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="mallory")["QueueUrl"])


def test_a_dlq_outside_the_deployment_is_refused_though_its_name_and_policy_fit(sqs: Any) -> None:
    sqs.create_queue(QueueName="MalloryDLQ")
    feed(sqs, "Mallory", "MalloryDLQ")
    with pytest.raises(UsageError, match="there is no queue 'MalloryDLQ'"):
        redrive.way(sqs, QUEUES, "MalloryDLQ")


def test_what_sqs_moved_from_a_foreign_queue_stays(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for body in ("ours", "forged"):
        put(sqs, "OrdersDLQ", body)
    receive = sqs.receive_message

    def moved(**arguments: Any) -> Any:
        answer = receive(**arguments)
        for message in answer.get("Messages", []):
            source = "blue-Orders" if message["Body"] == "ours" else "mallory"
            message["Attributes"]["DeadLetterQueueSourceArn"] = ARN.format(source)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "receive_message", moved)
        failed, shown = run(sqs)

    assert failed == 1
    assert f"not sent: {ARN.format('mallory')} is not the queue of this DLQ" in shown
    assert bodies(sqs, "Orders") == ["ours"]
    assert bodies(sqs, "OrdersDLQ") == ["forged"]


def test_a_clock_that_is_wrong_leaves_nothing_behind(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(sqs, "OrdersDLQ", "a")
    here = time.time
    attributes = sqs.get_queue_attributes

    def dated(**arguments: Any) -> Any:
        answer = attributes(**arguments)
        headers = {"date": formatdate(here() + 1, usegmt=True)}
        return answer | {"ResponseMetadata": answer["ResponseMetadata"] | {"HTTPHeaders": headers}}

    way = redrive.way(sqs, QUEUES, "OrdersDLQ")
    with monkeypatch.context() as patch:
        patch.setattr(sqs, "get_queue_attributes", dated)
        patch.setattr(time, "time", lambda: here() - 3600)
        assert abs(way.now() - here()) < 3


@pytest.fixture
def there(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The command's target, with the client to be used."""
    clients = {"sqs": sqs}
    place = Place(
        environment="production",
        client=lambda name: clients[name],
        account_id="123456789012",
        region="eu-west-1",
        caller="",
        read_outputs=dict,
    )
    monkeypatch.setattr(redrive, "target", lambda _: Target(place=place, outputs={"queues": QUEUES}))
    return clients


def test_the_command_fails_when_a_message_does(sqs: Any, there: dict[str, Any]) -> None:
    command = ["OrdersDLQ", "--apply"]
    put(sqs, "OrdersDLQ", "a")
    redrive.redrive.main(command, standalone_mode=False)

    put(sqs, "OrdersDLQ", "b")
    there["sqs"] = Failing(sqs, "send_message_batch")
    with pytest.raises(CommandError, match="1 of the messages"):
        redrive.redrive.main(command, standalone_mode=False)


@pytest.mark.usefixtures("there")
def test_without_a_queue_every_dlq_is_listed_with_what_to_do(sqs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    redrive.redrive.main([], standalone_mode=False)
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing waits for a person."
    for body in ("a", "b"):
        put(sqs, "OrdersRuleDLQ", body)

    redrive.redrive.main([], standalone_mode=False)

    assert capsys.readouterr().out.splitlines() == [
        "        0  blue-OrdersDLQ",
        "        2  blue-OrdersRuleDLQ",
        "        0  blue-OrdersSubscriptionDLQ",
        "",
        "make redrive QUEUE=blue-OrdersRuleDLQ ENV=production",
        "",
        "Each of these shows why its messages wait; the same with APPLY=1 sends them back.",
    ]
    with pytest.raises(UsageError, match="which dead-letter queue"):
        redrive.redrive.main(["--apply"], standalone_mode=False)
