"""Ignore: by what the event itself states, before any tag look-up."""

from infra_events.domain.outcome import Sent, Suppressed
from tests.support.builders import ACCOUNT, resource_event
from tests.support.sender import Sender

IGNORED = {
    "name": "tests",
    "match": {"account_id": [ACCOUNT]},
    "reason": "only tests",
    "expires": "2026-12-31T00:00:00+00:00",
}


def test_an_event_that_is_ignored_for_what_it_states_costs_no_look_up() -> None:
    sender = Sender({"Name": "web-1"}, ignore=[IGNORED])
    assert sender.send(resource_event()) == [Suppressed(event_id="event-1", reason="ignored by tests: only tests")]
    assert sender.reader.calls == []


def test_an_expired_ignore_suppresses_nothing() -> None:
    sender = Sender({}, ignore=[IGNORED | {"expires": "2026-03-01T12:30:00+00:00"}])
    assert sender.send(resource_event()) == [Sent()]
