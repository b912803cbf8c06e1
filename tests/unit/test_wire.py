"""What our messages look like on the wire, and what we make of anybody else's."""

import csv
import io
import json

import pytest

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import Severity
from infra_events.domain.notification import Notification
from infra_events.wire import notification as notification_wire
from infra_events.wire import v1
from tests.support.builders import ACCOUNT, INSTANCE, NOON, delivered, message, notification, resource_event


def test_version_1_is_three_columns_and_nothing_else() -> None:
    written = v1.write(resource_event())
    assert written.body == f"aws.ec2,{INSTANCE},stopped"
    assert written.attributes == {
        "id": "event-1",
        "time": "2026-03-01T12:00:00Z",
        "type": "infra.aws.ec2.instance.state_changed",
        "severity": "WARN",
        "service": "ec2",
        "account_id": ACCOUNT,
        "schema_version": "1",
    }


def test_a_drill_is_marked_in_source_and_attributes() -> None:
    written = v1.write(resource_event(drill=True))
    assert written.body.startswith("drill.aws.ec2,")
    assert written.attributes["drill"] == "true"


@pytest.mark.parametrize("nasty", ["a,b", 'say "hi"', "two\nlines", "two\r\nlines", "ünïcødé 🚀", " spaces ", "=1+1"])
def test_version_1_survives_any_field(nasty: str) -> None:
    written = v1.write(resource_event(resource=nasty, state=nasty))
    assert list(csv.reader(io.StringIO(written.body, newline=""))) == [["aws.ec2", nasty, nasty]]
    read = v1.read(delivered(written))
    assert (read.resource, read.state) == (nasty, nasty)


@pytest.mark.parametrize("uncarriable", ["nul\x00", "half a pair \ud800", "bell\x07", "\uffff"])
def test_what_sns_refuses_is_replaced_and_not_sent(uncarriable: str) -> None:
    body = v1.write(resource_event(state=uncarriable)).body
    assert "\ufffd" in body
    assert body.encode()
    assert not set(body) & set("\x00\x07\ud800\uffff")


def test_version_1_comes_back_as_it_went() -> None:
    event = resource_event(drill=True, owner="payments")
    written = v1.write(event)
    assert written.attributes["owner"] == "payments"
    assert len(written.attributes) == 9
    assert v1.read(delivered(written)) == event


def test_a_foreign_producer_needs_only_the_body() -> None:
    read = v1.read(message(f"aws.ec2,{INSTANCE},stopped", message_id="sqs-1"))
    assert read.id == "sqs-1"
    assert read.time == NOON
    assert read.account_id == ACCOUNT
    assert read.severity is Severity.INFO
    assert read.type == "infra.aws.ec2.unmapped"


@pytest.mark.parametrize("body", ["", "a,b", "a,b,c,d", "a,,c", "a,b,c\r\nd,e,f", 'a,"b,c', "{}"])
def test_a_body_that_is_no_record_is_refused(body: str) -> None:
    with pytest.raises(PermanentError) as refused:
        v1.read(message(body))
    assert refused.value.code is ParkCode.NOT_CSV


@pytest.mark.parametrize(("name", "value"), [("time", "yesterday"), ("severity", "LOUD")])
def test_a_malformed_attribute_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(PermanentError, match=f"attribute {name}") as refused:
        v1.read(message("a,b,c", **{name: value}))
    assert refused.value.code is ParkCode.BAD_VALUE


def test_a_notification_comes_back_as_it_went() -> None:
    read = notification_wire.read(message(notification(reason="why", owner="payments")))
    written = notification_wire.write(read, channels=("email",))
    assert notification_wire.read(message(written.body)) == read
    assert written.attributes == {"id": "event-1", "severity": "WARN", "channels": ("email",), "owner": "payments"}


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
