"""Notifications on the wire: ours, and those of other processes."""

import json
from dataclasses import replace

import pytest

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.notification import Notification
from infra_events.domain.text import carriable
from infra_events.wire import notification as notification_wire
from tests.support.builders import ABSENT, message, notification


def test_a_notification_comes_back_as_it_went() -> None:
    read = notification_wire.read(message(notification(reason="why", owner="payments")))
    written = notification_wire.write(read, channels=("email",))
    assert notification_wire.read(message(written.body)) == read
    assert written.attributes == {"id": "event-1", "severity": "WARN", "channels": ("email",), "owner": "payments"}


def test_the_content_of_another_process_is_its_own_words() -> None:
    digest = [
        notification_wire.read(message(notification(**one))).content_digest
        for one in ({}, {"html": None}, {"text": "It is gone."}, {"subject": "web-2"}, {"severity": "FATAL"})
    ]
    assert digest[0] == digest[1]
    assert len(set(digest)) == 4


def test_an_event_without_a_digest_has_no_content_to_compare() -> None:
    event = {"id": "1", "type": "t", "subject": "s", "time": "2026-03-01T12:00:00Z"}
    assert notification_wire.read(message(notification(event=event))).content_digest == ""
    assert notification_wire.read(message(notification(event=event, content_digest="3f2a"))).content_digest == "3f2a"


def test_a_subject_is_one_short_line() -> None:
    written = notification_wire.write(
        Notification(id="1", subject="a\r\nBcc: x@y.example\x00" + "z" * 300, text="t"), channels=("email",)
    )
    subject = json.loads(written.body)["subject"]
    assert len(subject) == 200
    assert subject.startswith("a Bcc: x@y.example")


@pytest.mark.parametrize("name", ["a@b.example", "https://hooks.example/x", "arn:aws:sns:eu-west-1:1:t"])
def test_an_address_as_recipient_is_refused(name: str) -> None:
    with pytest.raises(PermanentError) as refused:
        notification_wire.read(message(notification(recipients=["payments", name])))
    assert refused.value.code is ParkCode.RAW_ADDRESS
    assert name not in refused.value.reason


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": ""}, ParkCode.MISSING_FIELD),
        ({"subject": None}, ParkCode.MISSING_FIELD),
        ({"text": 7}, ParkCode.WRONG_TYPE),
        ({"recipients": "payments"}, ParkCode.WRONG_TYPE),
        ({"recipients": [1]}, ParkCode.WRONG_TYPE),
        ({"severity": "LOUD"}, ParkCode.BAD_VALUE),
        ({"event": {"id": "1", "type": "t", "subject": "s", "time": "noon"}}, ParkCode.BAD_VALUE),
    ],
)
def test_a_malformed_notification_is_refused_by_field(change: dict[str, object], code: ParkCode) -> None:
    with pytest.raises(PermanentError) as refused:
        notification_wire.read(message(notification(**change)))
    assert refused.value.code is code
    assert next(iter(change)) in refused.value.reason


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, "nothing"])
def test_a_notification_that_is_not_json_is_refused(body: str) -> None:
    with pytest.raises(PermanentError) as refused:
        notification_wire.read(message(body))
    assert refused.value.code is ParkCode.NOT_JSON


FOREIGN = (
    '{ "x": {"y": [1.50, "\\u00e4", 12345678901234567890]}, "recipients" : ["a", "b"], "text":"t\\u0007\\/", "n": null}'
)


def test_a_narrowed_message_differs_in_its_recipients_alone() -> None:
    before = message(FOREIGN, "m-7", id="1", channels='["email"]')
    after = notification_wire.narrowed(before, ["b"])
    assert json.loads(after.body) == json.loads(before.body) | {"recipients": ["b"]}
    assert list(json.loads(after.body)) == list(json.loads(before.body))
    assert replace(after, body=before.body) == before
    assert len(after.body.encode()) <= len(before.body.encode())


def test_a_message_without_recipients_is_narrowed_to_the_fallback_by_its_name() -> None:
    narrowed = notification_wire.narrowed(message(notification(recipients=ABSENT)), ["platform"])
    assert notification_wire.read(narrowed).recipients == ("platform",)


@pytest.mark.parametrize("escaped", ["\\ud800", "\\ufffe"])
def test_what_a_queue_refuses_stays_escaped(escaped: str) -> None:
    before = message(f'{{"id": "{escaped}ä"}}')
    after = notification_wire.narrowed(before, ["a"])
    assert json.loads(after.body)["id"] == json.loads(before.body)["id"]
    assert carriable(after.body) == after.body
