"""Redrive on moto's SQS: nothing is lost, whatever fails, and nothing changes without --apply."""

import json
import signal
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from scripts.operate import dead_letters, redrive
from tests.support.redrive import PARKED, QUEUES, Failing, bodies, drained, put, run, url, waiting


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
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            assert interrupted.wait(timeout=60)
        return answer

    def interrupt(*_signal: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    interrupted = threading.Event()
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(sqs, "send_message_batch", send_and_interrupt)
            with pytest.raises(KeyboardInterrupt):
                run(sqs)
    finally:
        signal.signal(signal.SIGINT, before)

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
