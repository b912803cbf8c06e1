"""The backtest's answer which rule catches an event, against another reader of patterns: moto's."""

import json
from typing import Any, cast

import pytest
from moto.events.models import EventPattern

from scripts.analyse.rules import Rules, matches
from scripts.compile import catalogue
from tests.support.samples import SAMPLES, Sample

COMPILED = catalogue.compiled()["rules"]
PATTERNS = {name: rule["pattern"] for rules in COMPILED.values() for name, rule in rules.items()}
READERS = {name: EventPattern.load(pattern) for name, pattern in PATTERNS.items()}
RULES = Rules(COMPILED, tuple(COMPILED))


def variants(event: dict[str, Any]) -> list[dict[str, Any]]:
    """An event, its drill, and what differs in each part that a pattern compares."""
    detail = event.get("detail", {})
    return [
        event,
        event | {"source": f"drill.{event['source']}"},
        event | {"source": "aws.nothing"},
        event | {"detail-type": "Something Else"},
        event | {"detail-type": [event["detail-type"], "Something Else"]},
        event | {"detail": detail | {"eventName": "SomethingElse"}},
        event | {"detail": detail | {"errorCode": "AccessDenied"}},
        event | {"detail": {name: value for name, value in detail.items() if name != "errorCode"}},
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_same_rules_match_as_by_another_reader(sample: Sample) -> None:
    for event in variants(sample.event):
        expected = [name for name, reader in READERS.items() if reader.matches_event(cast("Any", event))]
        assert [name for name, pattern in PATTERNS.items() if matches(json.loads(pattern), event)] == expected
        if isinstance(event["source"], str) and event["source"].removeprefix("drill.").startswith("aws."):
            caught, select = RULES.catching(event)
            assert ([caught] if caught else [], select) == (expected, "")


def test_most_samples_are_caught_so_the_comparison_is_not_empty() -> None:
    assert sum(bool(RULES.catching(sample.event)[0]) for sample in SAMPLES) > len(SAMPLES) / 2


def test_a_service_that_is_not_selected_is_named() -> None:
    few = Rules(COMPILED, ["ec2"])
    for service, rules in COMPILED.items():
        for name, rule in rules.items():
            pattern = json.loads(rule["pattern"])
            event = {"source": pattern["source"][0], "detail-type": pattern.get("detail-type", [""])[0]}
            event["detail"] = {key: values[0] for key, values in pattern.get("detail", {}).items()}
            assert few.catching(event) == ((name, "") if service == "ec2" else ("", service))
