"""Publish: each message has the outcome of its notification."""

from datetime import timedelta

import pytest

from infra_events.domain.deadline import OUT_OF_TIME, Deadline
from infra_events.domain.outcome import NoteCode, Retried, Sent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.wire import v1
from tests.support.builders import delivered, resource_event
from tests.support.fakes import BrokenPublisher, FakePublisher
from tests.support.sender import Sender, siblings


def test_what_cannot_be_published_is_retried() -> None:
    sender = Sender({"Name": "web-1"}, publisher=FakePublisher(errors={"event-1": TimeoutError()}))
    (outcome,) = sender.send(resource_event())
    assert isinstance(outcome, Retried)


def test_each_message_has_the_outcome_of_its_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({}, publisher=FakePublisher(errors={"parent#1": TimeoutError()}))
    gone = Tags(status=TagsStatus.UNAVAILABLE, unavailable="gone")
    one, other = siblings(2)
    outcomes = sender.send_as_is(monkeypatch, one, resource_event(id="x", tags=gone), other)
    assert [type(outcome) for outcome in outcomes] == [Retried, Sent, Retried]
    assert [note.code for note in outcomes[1].notes] == [NoteCode.TAGS_UNAVAILABLE]


def test_a_client_that_raises_fails_its_call_and_no_other() -> None:
    sender = Sender({}, publisher=BrokenPublisher())
    outcomes = sender.deliver([delivered(v1.write(resource_event(id=f"event-{number}"))) for number in range(15)])
    assert [type(outcome) for outcome in outcomes] == [Sent] * 10 + [Retried] * 5


def test_what_there_is_no_time_for_is_neither_published_nor_acknowledged() -> None:
    sender = Sender({"Name": "web-1"})
    batch = [delivered(v1.write(resource_event(id=f"event-{number}"))) for number in range(15)]
    # Each answer is a question: of the look-up, and before each ten drafts.
    left = iter([30, 20, 20, 10, 5])
    outcomes = sender.deliver(batch, Deadline.of(lambda: timedelta(seconds=next(left))))
    assert outcomes == [Sent()] * 10 + [OUT_OF_TIME] * 5
    assert len(sender.publisher.published) == 10
