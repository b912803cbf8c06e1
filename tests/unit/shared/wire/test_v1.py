"""Version 1 of the standard message: the bytes we write, and what we read of other producers."""

import csv
import io

import pytest

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import Severity
from infra_events.wire import v1
from tests.support.builders import ACCOUNT, INSTANCE, NOON, delivered, message, resource_event


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


@pytest.mark.parametrize("nasty", ["a,b", 'call "hi"', "two\nlines", "two\r\nlines", "ünïcødé 🚀", " spaces ", "=1+1"])
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
