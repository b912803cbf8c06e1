"""An idempotency key that is used for another content: from the event to the mail, through all three cores."""

from dataclasses import replace
from typing import Any

import pytest

from aws_service_event_handler import generic
from aws_service_event_handler.core import Standardizer
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reading import Reading
from aws_service_event_handler.stages import read
from email_notification_sender.core import EmailTransport
from infra_events.domain.event import Severity
from infra_events.domain.outcome import NoteCode, Sent
from infra_events.ports import Message
from tests.support.builders import aws_event, delivered, message, whole_catalogue
from tests.support.channels import channel
from tests.support.fakes import FakeMailer, FakePublisher, FakeSentLog
from tests.support.sender import Sender

KEY = {"idempotency-key": "order-7-failed"}


class House:
    """One mailbox and one sent record; everything before them may differ from event to event."""

    def __init__(self) -> None:
        self.mailer, self.sent_log = FakeMailer(), FakeSentLog()

    def send(self, *details: dict[str, Any], version: str = "2", rules: Any = None, **event: Any) -> list[NoteCode]:
        """Send events with these details, all in one batch; return the notes of the channel."""
        topics = {"1": FakePublisher(), "2": FakePublisher()}
        values: dict[str, Any] = {
            "source": "com.example.shop",
            "detail_type": "Order",
            "resources": ["order/7"],
        } | event
        work = Standardizer(catalogue=whole_catalogue(), publishers=topics)
        work([message(aws_event(**values, detail=KEY | detail)) for detail in details])
        sender = Sender({}, **(rules or {}))
        sender.deliver([delivered(one, str(n)) for n, one in enumerate(topics[version].published)])
        outcomes = self.deliver([delivered(one) for one in sender.publisher.published])
        return [note.code for outcome in outcomes for note in outcome.notes]

    def deliver(self, messages: list[Message]) -> list[Sent]:
        outcomes = channel(EmailTransport(mailer=self.mailer), sent_log=self.sent_log)(messages)
        return [outcome for outcome in outcomes if isinstance(outcome, Sent)]


QUIET = {"state": "failed", "severity": "DEBUG", "summary": "nothing"}


@pytest.mark.parametrize(
    "other", [{"severity": "FATAL"}, {"state": "lost"}, {"summary": "Order 7 is lost"}, {"reason": "theft"}]
)
def test_another_content_under_a_key_on_record_is_mailed_once_and_reported(other: dict[str, str]) -> None:
    house = House()
    assert house.send(QUIET) == []
    assert house.send(QUIET | other) == [NoteCode.KEY_REUSED]
    assert house.send(QUIET | other) == [NoteCode.ALREADY_SENT]
    assert house.send(QUIET) == [NoteCode.ALREADY_SENT]
    assert len(house.mailer.sent) == 2


def test_another_resource_or_detail_type_is_another_content() -> None:
    house = House()
    house.send(QUIET)
    assert house.send(QUIET, resources=["order/8"]) == [NoteCode.KEY_REUSED]
    assert house.send(QUIET, detail_type="Refund") == [NoteCode.KEY_REUSED]


def test_two_contents_in_one_batch_are_two_mails() -> None:
    house = House()
    assert house.send(QUIET, QUIET | {"summary": "Order 7 is lost"}) == [NoteCode.KEY_REUSED]
    assert len(house.mailer.sent) == 2


@pytest.mark.parametrize("detail", [{"level": "high"}, {}])
def test_a_detail_in_words_of_its_own_counts_as_a_whole(detail: dict[str, str]) -> None:
    house = House()
    house.send(detail)
    assert house.send(detail | {"level": "low"}) == [NoteCode.KEY_REUSED]


@pytest.mark.parametrize(
    "again",
    [
        {"time": "2026-03-02T12:00:00Z", "id": "another"},
        {"version": "1"},
        {"rules": {"severity_rules": [{"name": "all", "match": {"state": ["failed"]}, "severity": "FATAL"}]}},
        {"rules": {"owners": {}, "routes": []}},
    ],
)
def test_the_same_content_is_mailed_once_whatever_reads_and_routes_it(again: dict[str, Any]) -> None:
    house = House()
    house.send(QUIET)
    assert house.send(QUIET, **again) == [NoteCode.ALREADY_SENT]
    assert len(house.mailer.sent) == 1


def test_a_state_in_another_field_counts_beside_the_standard_ones() -> None:
    house = House()
    house.send({"severity": "ERROR", "newState": "running"})
    assert house.send({"severity": "ERROR", "newState": "failed"}) == [NoteCode.KEY_REUSED]


def test_resources_in_another_order_are_the_same_content() -> None:
    house = House()
    house.send(QUIET, resources=["order/7", "order/8"])
    assert set(house.send(QUIET, resources=["order/8", "order/7"])) <= {NoteCode.ALREADY_SENT}


@pytest.mark.parametrize("name", ["sentAt", "sent-at", "timestamp", "eventTime", "attempt", "retryCount"])
def test_what_differs_between_two_sendings_is_not_compared(name: str) -> None:
    house = House()
    house.send({"level": "high", "job": {name: 1}})
    assert house.send({"level": "high", "job": {name: 2}}) == [NoteCode.ALREADY_SENT]


@pytest.mark.parametrize("name", ["format", "candidate", "runtime", "updated", "state"])
def test_other_names_are_compared(name: str) -> None:
    house = House()
    house.send({"level": "high", name: "a"})
    assert house.send({"level": "high", name: "b"}) == [NoteCode.KEY_REUSED]


def test_fields_that_nobody_reads_may_differ_from_one_sending_to_the_next() -> None:
    house = House()
    house.send(QUIET | {"attempt": 1, "sent_at": "12:00"})
    assert house.send(QUIET | {"attempt": 2, "sent_at": "12:01"}) == [NoteCode.ALREADY_SENT]


def test_a_new_reading_of_an_event_does_not_mail_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release, or a catalogue entry, may give an archived event another type, state and severity."""
    house = House()
    house.send({"level": "high"})
    monkeypatch.setattr(read, "read_unmapped", _louder)
    assert house.send({"level": "high"}) == [NoteCode.ALREADY_SENT]


def _louder(event: AwsEvent) -> Reading:
    return replace(generic.read_unmapped(event), state="other", severity=Severity.FATAL)


def test_the_notification_of_another_process_under_an_id_on_record_is_mailed_and_reported() -> None:
    house = House()
    first, second = ({"id": "backup", "subject": "Backup failed", "text": text} for text in ("on Monday", "on Tuesday"))
    outcomes = house.deliver([message(one) for one in (first, first, second)])
    assert [[note.code for note in outcome.notes][1:] for outcome in outcomes] == [
        [],
        [NoteCode.ALREADY_SENT],
        [NoteCode.KEY_REUSED],
    ]
    assert [mail.text for mail in house.mailer.sent] == ["on Monday", "on Tuesday"]
