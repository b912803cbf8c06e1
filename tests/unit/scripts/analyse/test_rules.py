"""Which rule catches an event, and which services an environment selects."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts import environments
from scripts.analyse import rules
from scripts.analyse.rules import BUS, Rules, matches
from scripts.project import CommandError, UsageError
from tests.support.builders import aws_event

PATTERN = '{"source":["aws.ec2","drill.aws.ec2"],"detail-type":["EC2 Instance State-change Notification"]}'
COMPILED = {"ec2": {"R-ec2": {"pattern": PATTERN, "state": "ENABLED"}}, "rds": {}}


@pytest.mark.parametrize(
    ("pattern", "event", "matched"),
    [
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"]}, {"a": "X"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "z"}, False),
        ({"a": ["x"]}, {"a": ["z", "x"]}, True),
        ({"a": ["x"]}, {"a": []}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x", "c": 1}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "z"}, {"b": "x"}]}, True),
        ({"a": [True]}, {"a": 1}, False),
        ({"a": ["1"]}, {"a": 1}, False),
        ({"a": [None]}, {"a": None}, True),
    ],
)
def test_a_pattern_compares_exact_values(pattern: Mapping[str, Any], event: object, *, matched: bool) -> None:
    assert matches(pattern, event) is matched


def test_a_comparison_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="only exact values"):
        matches({"a": [{"prefix": "x"}]}, {"a": "x"})


@pytest.mark.parametrize(
    ("event", "caught"),
    [
        (aws_event(), ("R-ec2", "")),
        (aws_event(source="drill.aws.ec2"), ("R-ec2", "")),
        (aws_event(detail_type="Other"), ("", "")),
        (aws_event(source="aws.new"), ("", "")),
        (aws_event(source="com.example.shop"), (BUS, "")),
        (aws_event(source="aws.partner/example.com/1/alerts"), (BUS, "")),
        (aws_event(source=7), ("", "")),
        ({}, ("", "")),
    ],
)
def test_an_event_is_caught_by_a_rule_or_a_bus_or_not(event: dict[str, Any], caught: tuple[str, str]) -> None:
    assert Rules(COMPILED, ["ec2"]).catching(event) == caught


def test_a_service_that_is_not_selected_is_named() -> None:
    assert Rules(COMPILED, ["rds"]).catching(aws_event()) == ("", "ec2")


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(UsageError, match="the catalogue has no service s4, x; it has ec2, rds"):
        Rules(COMPILED, ["x", "ec2", "s4"])


@pytest.mark.parametrize(
    ("variables", "services"),
    [('services = ["s3", "rds"]\n', ["s3", "rds"]), ("services = []", []), ('sender_address = "a@b.c"', ["ec2"])],
)
def test_an_environment_selects_services_or_has_the_stack_s_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: str, services: list[str]
) -> None:
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    (tmp_path / "moon").mkdir()
    (tmp_path / "moon" / "notifications.tfvars").write_text(variables)
    assert rules.selected("moon") == services
    with pytest.raises(UsageError, match=r"there is no environment 'mars' with notifications.tfvars; there is moon"):
        rules.selected("mars")


def test_services_that_are_no_list_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    (tmp_path / "moon").mkdir()
    (tmp_path / "moon" / "notifications.tfvars").write_text('services = "ec2"')
    with pytest.raises(CommandError, match="is no list of names, but ec2"):
        rules.selected("moon")
