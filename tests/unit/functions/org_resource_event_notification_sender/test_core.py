"""The stages, composed: each message leaves with its outcome, and fails alone."""

import pytest

from infra_events.domain.outcome import NoteCode, Parked, Sent, Suppressed
from org_resource_event_notification_sender.stages.group import group
from org_resource_event_notification_sender.work import Work
from tests.support.builders import NOON, message, resource_event
from tests.support.sender import Sender

IGNORED = {
    "name": "tests",
    "match": {"to": ["running"]},
    "reason": "only tests",
    "expires": "2026-12-31T00:00:00+00:00",
}


def test_a_batch_of_all_kinds_has_an_outcome_each_in_order() -> None:
    sender = Sender({"Name": "web-1"}, ignore=[IGNORED])
    outcomes = sender.send(
        "poison",
        resource_event(id="1"),
        resource_event(id="2", state="running"),
        resource_event(id="3", resource="i-0abc"),
        resource_event(id="4"),
    )
    assert [type(outcome) for outcome in outcomes] == [Parked, Sent, Suppressed, Sent, Sent]
    assert [note.code for note in outcomes[3].notes] == [NoteCode.TAGS_UNAVAILABLE]
    assert [document["id"] for document in sender.documents()] == ["1", "3", "4"]


def test_an_empty_batch_publishes_nothing() -> None:
    sender = Sender({})
    assert sender.send() == []
    assert sender.documents() == []


def test_a_notification_names_the_channels_of_its_destinations() -> None:
    destinations = {
        "platform": {"emails": ["p@example.org"]},
        "payments": {"emails": ["q@example.org"], "pagers": ["+1"]},
    }
    channels = {"emails": "email", "pagers": "pager"}
    for tags, expected in ({"Owner": "payments"}, ("email", "pager")), ({}, ("email",)):
        sender = Sender(tags, destinations=destinations, channels=channels)
        sender.send(resource_event())
        assert [published.attributes["channels"] for published in sender.publisher.published] == [expected]


def test_a_stage_in_the_wrong_place_is_an_error() -> None:
    with pytest.raises(LookupError, match="an earlier one"):
        group([Work(message=message(), at=NOON)])
