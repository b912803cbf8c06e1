"""A heartbeat counts only from its rule: an event that looks like one would keep the alarm quiet."""

from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.notification import HEARTBEAT
from tests.support.builders import ABSENT, ACCOUNT, REGION, aws_event, entries, message

RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/blue-Heartbeat"


def beat(rule: str | None = RULE, **overrides: Any) -> str:
    """Return the type that a heartbeat with some fields changed has."""
    values = {"source": "drill.infra-events.heartbeat", "detail_type": "Heartbeat", "resources": [RULE], "detail": {}}
    known = Catalogue(entries(), heartbeat_rule=rule)
    (event,) = standardize(AwsEvent.read(message(aws_event(**(values | overrides)))), known)
    return event.type


def test_the_rules_own_event_is_a_heartbeat() -> None:
    assert beat() == HEARTBEAT


@pytest.mark.parametrize(
    "other",
    [
        {"account": "444455556666"},
        {"account": ABSENT},
        {"resources": []},
        {"resources": [RULE.replace("blue-", "green-")]},
        {"resources": [RULE.replace("rule/", "rule/a-bus/")]},
        {"resources": [RULE.replace(ACCOUNT, "444455556666")]},
    ],
)
def test_an_event_that_looks_like_one_is_none(other: dict[str, Any]) -> None:
    assert beat(**other) == "infra.infra-events.heartbeat.unmapped"
    assert beat(rule=None, **other) == HEARTBEAT


def test_one_that_names_something_else_beside_the_rule_is_none() -> None:
    known = Catalogue(entries(), heartbeat_rule=RULE)
    whole = aws_event(
        source="drill.infra-events.heartbeat", detail_type="Heartbeat", resources=[RULE, "i-1"], detail={}
    )
    assert HEARTBEAT not in {event.type for event in standardize(AwsEvent.read(message(whole)), known)}
