"""The rules' patterns, by EventBridge's own matcher: each service's match its own events, and nobody else's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from scripts.compile import catalogue
from scripts.local.aws import LocalAws
from tests.support.builders import message
from tests.support.samples import SAMPLES, SERVICES, Sample

COMPILED = catalogue.compiled()
PATTERNS: dict[str, list[str]] = {
    service: [rule["pattern"] for rule in rules.values()] for service, rules in COMPILED["rules"].items()
}
CATALOGUE = Catalogue(COMPILED["entries"])


def subscribed(sample: Sample) -> bool:
    """Whether a rule should send this event: what another event reports too is known, and left out."""
    entry = CATALOGUE.entry(AwsEvent.read(message(sample.event)))
    return bool(entry and entry["subscribe"])


@pytest.fixture(scope="module")
def events() -> Iterator[Any]:
    with LocalAws.start() as aws:
        yield aws.client("events")


def matches(events: Any, event: dict[str, Any], *patterns: str) -> bool:
    """Whether one of ``patterns`` matches."""
    either = patterns[0] if len(patterns) == 1 else json.dumps({"$or": [json.loads(pattern) for pattern in patterns]})
    answer = events.test_event_pattern(EventPattern=either, Event=json.dumps(event))
    return bool(answer["Result"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_s_patterns_match_its_own_events_and_nobody_else_s(events: Any, service: str) -> None:
    others = [pattern for name, patterns in PATTERNS.items() if name != service for pattern in patterns]
    for sample in [sample for sample in SAMPLES if sample.service == service]:
        event = sample.event
        drill = event | {"source": f"drill.{event['source'].removeprefix('drill.')}"}
        assert matches(events, event, *PATTERNS[service]) is subscribed(sample), sample
        assert matches(events, drill, *PATTERNS[service]) is subscribed(sample), sample
        assert not matches(events, event, *others), sample
        assert not matches(events, event | {"source": "aws.nothing"}, *PATTERNS[service], *others), sample


@pytest.mark.parametrize("service", SERVICES)
def test_a_pattern_matches_by_every_condition(events: Any, service: str) -> None:
    """No pattern is there for nothing, and none takes all that a source sends."""
    own = [sample.event for sample in SAMPLES if sample.service == service]
    for pattern in PATTERNS[service]:
        assert any(matches(events, event, pattern) for event in own), pattern
        for event in own:
            assert not matches(events, event | {"detail-type": "Something Else"}, pattern), pattern
            if "eventName" in pattern:
                other = event["detail"] | {"eventName": "SomethingElse"}
                assert not matches(events, event | {"detail": other}, pattern), pattern
