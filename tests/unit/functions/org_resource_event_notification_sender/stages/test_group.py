"""Group: events of one parent for the same people are one notification."""

import json
from typing import Any

import pytest

from infra_events.domain.event import Severity
from infra_events.domain.outcome import Sent
from infra_events.domain.tags import Tags, TagsStatus
from tests.support.builders import ACCOUNT, REGION, resource_event
from tests.support.sender import Sender, siblings, tagged


def test_siblings_of_one_owner_are_one_notification(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    events = siblings(5)
    assert sender.send_as_is(monkeypatch, *reversed(events)) == [Sent()] * 5
    document = sender.document()
    assert document["subject"] == f"EC2 instances web-1, web-2 and 3 more have stopped ({ACCOUNT}, {REGION})"
    assert document["event"]["id"] == "parent"
    assert document["event"]["subject"] == events[0].resource
    for body in (document["text"], document["html"]):
        assert "To mute one of these resources" in body
        for event in events:
            assert event.id in body
            assert event.resource in body
            assert event.tags.values["Name"] in body


def test_version_1_groups_siblings_by_their_ids() -> None:
    sender = Sender({"Name": "web-1"})
    sender.send(*siblings(3), resource_event(id="other#1"))
    assert [d["event"]["id"] for d in sender.documents()] == ["parent", "other#1"]


@pytest.mark.parametrize(
    "other",
    [
        {"parent_id": "another"},
        {"state": "running"},
        {"type": "infra.aws.ec2.instance.unmapped"},
        {"drill": True},
        {"severity": Severity.ERROR},
        {"tags": Tags(values={"Owner": "search"}, status=TagsStatus.LIVE)},
    ],
)
def test_events_that_differ_are_several_notifications(other: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender({})
    last = tagged({"Owner": "payments"}, **{"id": "parent#3", "parent_id": "parent"} | other)
    sender.send_as_is(monkeypatch, *siblings(2), last)
    assert len(sender.documents()) == 2
    assert sender.documents()[1]["id"] == "parent#3"


def test_nobody_receives_what_another_owns(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = siblings(2)
    sender = Sender({})
    sender.send_as_is(
        monkeypatch,
        one,
        resource_event(
            id=other.id,
            parent_id="parent",
            resource=other.resource,
            tags=Tags(values={"Name": "secret-2"}, status=TagsStatus.LIVE),
        ),
    )
    (first, second) = sender.documents()
    assert (first["recipients"], second["recipients"]) == (["payments"], ["platform"])
    assert other.resource not in json.dumps(first)
    assert one.resource not in json.dumps(second)
