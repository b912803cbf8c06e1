"""Write: one notification a group, with an id that stands for exactly its events."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from infra_events.content.rendering import Renderer
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Retried, Sent
from infra_events.routing.decision import Decision
from tests.support.sender import BOTH, Sender, siblings, tagged


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each rendering had."""
    render, sizes = Renderer.render, []

    def counted(self: Renderer, events: Sequence[ResourceEvent], decision: Decision) -> Any:
        sizes.append(len(events))
        return render(self, events, decision)

    monkeypatch.setattr(Renderer, "render", counted)
    return sizes


def test_a_notification_states_all_reasons_of_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    one, other = siblings(2)
    muted = {"Owner": "payments", "notify:mute-until": "whenever"}
    sender.send_as_is(monkeypatch, one, tagged(muted, id=other.id, parent_id="parent", resource=other.resource))
    assert "notify:mute-until=whenever is not followed" in sender.document()["text"]


def test_an_id_stands_for_exactly_the_events_of_its_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    """In another group an event is reported again: a delivered id must not suppress what it did not report."""

    def ids(*events: ResourceEvent) -> list[str]:
        sender = Sender({})
        sender.send_as_is(monkeypatch, *events)
        return [document["id"] for document in sender.documents()]

    a, b, c = siblings(3)
    groups: list[Sequence[ResourceEvent]] = [(a,), (b,), (a, b), (a, c), (b, c), (a, b, c)]
    assert len({written for group in groups for written in ids(*group)}) == len(groups)
    assert ids(a) == ["parent#1"]
    assert ids(a, b) == ids(b, a) == ids(a, b, a)
    assert ids(a, a) == ["parent#1"]


def test_an_event_that_came_twice_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    (event,) = siblings(1)
    assert sender.send_as_is(monkeypatch, event, event) == [Sent(), Sent()]
    assert sender.document()["subject"].startswith("EC2 instance web-1 has stopped")


def test_resources_that_share_an_id_are_all_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    one, other = (replace(event, id="same") for event in siblings(2))
    sender.send_as_is(monkeypatch, one, other)
    assert sender.document()["id"] == "same"
    assert one.resource in sender.document()["text"]
    assert other.resource in sender.document()["text"]


def test_what_is_too_large_for_one_notification_becomes_several_rendered_once_for_all_destinations(
    monkeypatch: pytest.MonkeyPatch, renderings: list[int]
) -> None:
    sender = Sender({}, routes=BOTH)
    events = [
        tagged({"Name": '"' * 256, "Owner": "payments"}, id=f"{n}" + "\U0001f600" * 300, parent_id="parent")
        for n in range(300)
    ]
    assert sender.send_as_is(monkeypatch, *events) == [Sent()] * 300
    assert max(len(published.body.encode()) for published in sender.publisher.published) <= 240 * 1024
    payments, platform = (
        [document["id"] for document in sender.documents() if document["recipients"] == [name]]
        for name in ("payments", "platform")
    )
    assert payments == platform
    assert len(set(payments)) == len(payments) > 1
    assert len(renderings) == 2 * len(payments) - 1


def test_each_destination_has_its_notification_and_its_channels_and_nothing_else_differs(
    monkeypatch: pytest.MonkeyPatch, renderings: list[int]
) -> None:
    targets = {"payments": {"emails": ["q@example.org"], "pagers": ["+1"]}, "platform": {"emails": ["p@example.org"]}}
    sender = Sender({}, channels={"emails": "email", "pagers": "pager"}, destinations=targets, routes=BOTH)
    assert sender.send_as_is(monkeypatch, *siblings(2)) == [Sent(), Sent()]
    documents, published = sender.documents(), sender.publisher.published
    assert [document.pop("recipients") for document in documents] == [["payments"], ["platform"]]
    assert documents[0] == documents[1]
    attributes = [dict(one.attributes) for one in published]
    assert [each.pop("channels") for each in attributes] == [("email", "pager"), ("email",)]
    assert attributes[0] == attributes[1]
    assert [one.group for one in published] == ["payments", "platform"]
    assert renderings == [2]


def test_one_that_cannot_be_written_costs_its_siblings_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    render = Renderer.render

    def fussy(self: Renderer, events: Sequence[ResourceEvent], decision: Decision) -> Any:
        if any(event.id == "parent#2" for event in events):
            raise ArithmeticError
        return render(self, events, decision)

    monkeypatch.setattr(Renderer, "render", fussy)
    outcomes = Sender({}).send_as_is(monkeypatch, *siblings(4))
    assert [type(outcome) for outcome in outcomes] == [Sent, Retried, Sent, Sent]
