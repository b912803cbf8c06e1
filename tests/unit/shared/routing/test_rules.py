"""Conditions and rules: what holds, and how little is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from infra_events.routing.rules import Condition, Rules, glob


@dataclass(frozen=True, kw_only=True)
class Numbered:
    number: int
    match: list[Condition]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a", "a"),
        ("*", ""),
        ("*", "any\nthing"),
        ("a*", "a"),
        ("*z", "a-z"),
        ("a*z", "az"),
        ("a*b*c", "a1b2b3c"),
        ("**", "x"),
        ("a.b", "a.b"),
        ("*ab*ab*", "abab"),
    ],
)
def test_a_star_is_any_run_of_characters(pattern: str, text: str) -> None:
    assert glob(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("a", "A"), ("a", "ab"), ("a*a", "a"), ("a*", "ba"), ("a.b", "axb"), ("*ab*ab*", "aba"), ("a?", "ab"), ("", "a")],
)
def test_anything_else_is_itself(pattern: str, text: str) -> None:
    assert not glob(pattern, text)


@pytest.mark.parametrize(
    ("key", "texts", "fact", "holds"),
    [
        ("to", ["stopped"], "stopped", True),
        ("to", ["stopped"], "Stopped", False),
        ("to", ["running", "stopped"], "stopped", True),
        ("to", ["stop*"], "stopping", True),
        ("to", ["!stopped"], "running", True),
        ("to", ["!stopped", "!running"], "running", False),
        ("to", ["!stop*"], "stopping", False),
        ("tag.Team", ["*"], None, False),
        ("tag.Team", ["!*"], None, True),
        ("tag.Team", ["!a"], None, True),
        ("tag.Team", ["a"], None, False),
        ("tag.Team", [""], "", True),
        ("tag.Team", [""], "a", False),
        ("tag.Team", [""], None, False),
        ("tag.Team", ["*"], "", True),
        ("tag.Team", ["", "!*"], "", True),
        ("tag.Team", ["", "!*"], None, True),
        ("tag.Team", ["", "!*"], "a", False),
        ("tag.Team", ["*", "!"], "a", True),
        ("tag.Team", ["*", "!"], "", False),
        ("tag.Team", ["*", "!"], None, False),
        ("tag.Team", ["!"], None, True),
        ("tag.Team", ["!"], "", False),
        ("tag.Team", ["!*", "!a"], None, True),
        ("tag.Team", ["!*", "!a"], "b", False),
        ("tag.Team", ["prod*", "!prod-2"], "prod-1", True),
        ("tag.Team", ["!prod-2", "prod*"], "prod-2", False),
        ("tag.Team", ["prod*", "!prod-2"], "test", False),
        ("tag.Team", ["prod*", "!prod-2"], None, False),
        ("tag.Team", ["prod*", "!prod-2", "!*"], None, True),
        ("tag.Team", ["prod*", "!prod-2", "!*"], "prod-2", False),
        ("severity", [">=WARN", "!ERROR"], "ERROR", False),
        ("severity", [">=WARN", "!ERROR"], "FATAL", True),
        ("severity", [">=WARN"], "WARN", True),
        ("severity", [">=WARN"], "FATAL", True),
        ("severity", [">=WARN"], "INFO", False),
        ("severity", ["<=WARN"], "ERROR", False),
        ("severity", ["DEBUG", ">=ERROR"], "DEBUG", True),
        ("severity", ["DEBUG", ">=ERROR"], "WARN", False),
        ("severity", ["!>=ERROR"], "WARN", True),
        ("tag.Priority", [">=WARN"], "FATAL", False),
    ],
)
def test_a_condition(key: str, texts: list[str], fact: str | None, holds: bool) -> None:  # noqa: FBT001 - a table
    condition = Condition(key, texts)
    assert condition.holds({} if fact is None else {condition.key: fact}) is holds


def test_a_tags_key_is_compared_without_case_and_shown_as_written() -> None:
    condition = Condition("tag.Straße", ["a"])
    assert condition.holds({"tag.strasse": "a"})
    assert condition.label == "tag.Straße"


def test_rules_apply_in_their_order_wherever_they_are_filed() -> None:
    rules = Rules(
        [
            Numbered(number=0, match=[Condition("to", ["!running"])]),
            Numbered(number=1, match=[Condition("owner", ["a"])]),
            Numbered(number=2, match=[]),
            Numbered(number=3, match=[Condition("to", ["stopped", "running"])]),
            Numbered(number=4, match=[Condition("owner", ["a"]), Condition("to", ["running"])]),
            Numbered(number=5, match=[Condition("owner", ["a", "b"]), Condition("to", ["stop*"])]),
        ]
    )
    assert [rule.number for rule in rules.matching({"owner": "a", "to": "stopped"})] == [0, 1, 2, 3, 5]
    assert [rule.number for rule in rules] == [0, 1, 2, 3, 4, 5]


def test_of_thousands_of_rules_few_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two routes for each of a thousand owners, filed by owner: the severities that all share would find nothing."""
    rules = Rules(
        [
            Numbered(
                number=number, match=[Condition("severity", [">=ERROR"]), Condition("owner", [f"o{number % 1000}"])]
            )
            for number in range(2000)
        ]
    )
    asked = []
    real = Condition.holds

    def counting(condition: Condition, facts: Mapping[str, str]) -> bool:
        asked.append(condition)
        return real(condition, facts)

    monkeypatch.setattr(Condition, "holds", counting)
    found = [rule.number for rule in rules.matching({"owner": "o7", "severity": "FATAL"})]
    assert found == [7, 1007]
    assert len(asked) == 4
