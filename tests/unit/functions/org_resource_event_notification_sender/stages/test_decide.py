"""Decide: suppressed or sent, to which destinations, why."""

import pytest

from infra_events.domain.outcome import NoteCode, Sent, Suppressed
from infra_events.routing import decision
from infra_events.routing.decision import Decision
from infra_events.routing.model import Routing
from tests.support.builders import INSTANCE, resource_event
from tests.support.sender import Sender


@pytest.mark.parametrize("value", ["true", "True", " TRUE "])
def test_an_ignored_resource_is_suppressed_with_its_reason(value: str) -> None:
    sender = Sender({"Name": "web-1", "notify:ignore": value})
    assert sender.send(resource_event()) == [
        Suppressed(event_id="event-1", reason=f"tag notify:ignore={value.strip()}")
    ]
    assert sender.publisher.published == []


@pytest.mark.parametrize("value", ["false", "", "no", "truely"])
def test_anything_but_true_is_not_ignored(value: str) -> None:
    assert Sender({"notify:ignore": value}).send(resource_event()) == [Sent()]


def test_the_routing_decides_on_recipients_and_the_notification_states_why() -> None:
    sender = Sender({"Name": "web-1", "Owner": "Payments"})
    sender.send(resource_event())
    document = sender.document()
    assert (document["recipients"], document["owner"]) == (["payments"], "payments")
    assert document["reason"] == "route payments matched tag Owner=Payments"
    for body in (document["text"], document["html"]):
        assert "You receive this because route payments matched tag Owner=Payments (routing 3f2a)." in body
        assert "notify:mute-until=2026-03-08" in body
    assert "Owner    payments" in document["text"]


def test_what_nobody_owns_goes_to_the_fallback() -> None:
    sender = Sender({"Name": "web-1"})
    assert sender.send(resource_event()) == [Sent()]
    document = sender.document()
    assert document["recipients"] == ["platform"]
    assert "owner" not in document
    assert "no route matched, and nobody owns it: no tag Owner or Department" in document["text"]


def test_the_severity_is_the_decisions() -> None:
    sender = Sender({"notify:severity": "fatal"})
    sender.send(resource_event())
    assert sender.document()["severity"] == "FATAL"
    assert "FATAL" in sender.document()["html"]


def test_a_muted_resource_is_suppressed_until_then() -> None:
    sender = Sender({"notify:mute-until": "2026-03-01T14:00:00Z"})
    (outcome,) = sender.send(resource_event())
    assert outcome == Suppressed(event_id="event-1", reason="muted by tag notify:mute-until=2026-03-01T14:00:00Z")


@pytest.mark.parametrize("step", ["decide", "ignored", "name_of"])
def test_a_routing_that_fails_sends_to_the_fallback_with_a_note(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Decision:
        raise LookupError("no such thing")

    sender = Sender({"Name": "web-1", "Owner": "payments"})
    monkeypatch.setattr(Routing if step == "name_of" else decision, step, fail)
    (outcome,) = sender.send(resource_event())
    document = sender.document()
    if step == "ignored":
        assert outcome == Sent()
        assert document["recipients"] == ["payments"]
    else:
        assert [(n.code, n.reason) for n in outcome.notes] == [(NoteCode.ROUTING_FAILED, "LookupError: no such thing")]
        assert document["recipients"] == ["platform"]
        assert "because the routing could not decide" in document["text"]
        assert INSTANCE in document["text"]
