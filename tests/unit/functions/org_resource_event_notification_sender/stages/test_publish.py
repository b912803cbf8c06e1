"""Publish: each message has the outcome of its notification."""

import pytest

from infra_events.domain.outcome import NoteCode, Retried, Sent
from infra_events.domain.tags import Tags, TagsStatus
from tests.support.builders import resource_event
from tests.support.fakes import FakePublisher
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
