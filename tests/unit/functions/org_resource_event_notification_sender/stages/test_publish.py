"""Publish: each message has the outcome of its notification."""

from datetime import timedelta

import pytest

from infra_events.content.rendering import Renderer
from infra_events.domain.deadline import OUT_OF_TIME, Deadline
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.outcome import NoteCode, Parked, Retried, Sent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.wire import v1
from tests.support.builders import delivered, resource_event
from tests.support.fakes import BrokenPublisher, FakePublisher
from tests.support.sender import BOTH, Sender, siblings


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


def test_a_message_has_the_worst_outcome_of_its_notifications_and_repeats_them_under_the_same_ids() -> None:
    publisher = FakePublisher(errors={'["platform"]': TimeoutError()})
    sender = Sender({"Name": "web-1"}, publisher=publisher, routes=BOTH)
    (outcome,) = sender.send(resource_event())
    assert isinstance(outcome, Retried)
    publisher.errors.clear()
    assert sender.send(resource_event()) == [Sent()]
    assert [(document["id"], document["recipients"]) for document in sender.documents()] == [
        ("event-1", ["payments"]),
        ("event-1", ["payments"]),
        ("event-1", ["platform"]),
    ]


@pytest.mark.parametrize(("first", "second"), [("payments", "platform"), ("platform", "payments")])
def test_while_one_of_its_notifications_may_succeed_a_message_is_retried(first: str, second: str) -> None:
    refused, later = PermanentError(ParkCode.REFUSED, "no"), TransientError("later")
    errors = {f'["{first}"]': refused, f'["{second}"]': later}
    sender = Sender({"Name": "web-1"}, publisher=FakePublisher(errors=errors), routes=BOTH)
    assert sender.send(resource_event()) == [Retried(reason="TransientError: later")]
    del errors[f'["{second}"]']
    sender = Sender({"Name": "web-1"}, publisher=FakePublisher(errors=errors), routes=BOTH)
    assert sender.send(resource_event()) == [Parked(code=ParkCode.REFUSED, reason="no")]


def test_what_is_noted_of_a_notification_is_noted_once_for_all_destinations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Renderer, "_fill", lambda *_: 1 / 0)
    (outcome,) = Sender({"Name": "web-1"}, routes=BOTH).send(resource_event())
    assert [note.code for note in outcome.notes] == [NoteCode.TEMPLATE_FAILED]


def test_ten_notifications_are_one_call() -> None:
    publisher = FakePublisher()
    sender = Sender({"Name": "web-1"}, publisher=publisher, routes=BOTH)
    batch = [delivered(v1.write(resource_event(id=f"event-{number}"))) for number in range(15)]
    assert sender.deliver(batch) == [Sent()] * 15
    assert publisher.calls == [10, 10, 10]


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


def test_a_message_with_a_notification_that_there_is_no_time_for_is_retried() -> None:
    sender = Sender({"Name": "web-1"}, routes=BOTH)
    batch = [delivered(v1.write(resource_event(id=f"event-{number}"))) for number in range(7)]
    left = iter([30, 20, 20, 10, 5])  # as above
    outcomes = sender.deliver(batch, Deadline.of(lambda: timedelta(seconds=next(left))))
    assert outcomes == [Sent()] * 5 + [OUT_OF_TIME] * 2
    assert len(sender.publisher.published) == 10
