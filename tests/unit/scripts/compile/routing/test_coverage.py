"""Matches that cover others, and patterns that have a text in common."""

import pytest

from scripts.compile.routing.coverage import implies
from scripts.compile.routing.match import Vocabulary, conditions
from scripts.compile.routing.patterns import overlap

KNOWN = Vocabulary(
    owners=dict.fromkeys(["payments", "search"]),
    accounts={"production": "111122223333", "testing": "444455556666"},
    environments=["prod", "test"],
)
UNREACHABLE = [
    ({}, {"to": "a"}),
    ({"to": "a"}, {"to": "a"}),
    ({"to": ["a", "b"]}, {"to": "b", "owner": "payments"}),
    ({"to": "a*"}, {"to": "ab*c"}),
    ({"to": ["a*", "b*"]}, {"to": ["b", "ax*", "a*z"]}),
    ({"to": "!a"}, {"to": "b*"}),
    ({"to": "!a*"}, {"to": ["!a*", "!b"]}),
    ({"to": "!ab*"}, {"to": "!a*"}),
    ({"type": "*"}, {}),
    ({"severity": ">=warn"}, {"severity": ">=error"}),
    ({"severity": [">=warn", "info"]}, {"severity": "!debug"}),
    ({"severity": ">=debug"}, {}),
    ({"transitional": True}, {"transitional": "!false"}),
    ({"owner": "*"}, {"owner": ["payments", "search"]}),
    ({"owner": ["payments", "search"]}, {"owner": "*"}),
    ({"owner": "!payments"}, {"owner": "!*"}),
    ({"owner": "!payments"}, {"owner": "search*", "to": "a"}),
    ({"tag.A": "*"}, {"tag.a": "x"}),
    ({"tag.A": "!x"}, {"tag.a": "!*"}),
    ({"tag.A": "*"}, {"tag.a": ""}),
    ({"tag.A": ["", "!*"]}, {"tag.a": "!*"}),
    ({"tag.A": ["", "!*"]}, {"tag.a": ""}),
    ({"tag.A": ["*", "!*"]}, {}),
    ({"tag.A": ["a*", "!ab*"]}, {"tag.A": ["a*", "!a*b*", "!ab*"]}),
    ({"tag.A": ["a*", "!ab*"]}, {"tag.A": "ac*"}),
    ({"tag.A": ["*", "!"]}, {"tag.A": "a*"}),
    ({"tag.A": "!ab*"}, {"tag.A": ["a*", "!ab*"]}),
    ({"labels.a": "x*"}, {"labels.a": "xy"}),
    ({"account": "*"}, {"account": ["production", "testing"]}),
    ({"environment": "!prod"}, {"environment": ["test", "!*"]}),
]
REACHABLE = [
    ({"to": "a"}, {}),
    ({"to": "a"}, {"to": ["a", "b"]}),
    ({"to": "a"}, {"to": "a*"}),
    ({"to": "a*b*"}, {"to": "a*"}),
    ({"to": "a*c"}, {"to": "ab*"}),
    ({"to": "!a"}, {"to": "*"}),
    ({"to": "!abc"}, {"to": "a*"}),
    ({"to": "!a*"}, {"to": "!ab*"}),
    ({"to": "a"}, {"to": "!a"}),
    ({"to": "a", "owner": "payments"}, {"to": "a"}),
    ({"severity": ">=error"}, {"severity": ">=warn"}),
    ({"severity": "warn"}, {"severity": ["warn", "info"]}),
    ({"owner": "payments"}, {"owner": "*"}),
    ({"owner": "*"}, {}),
    ({"tag.A": "*"}, {}),
    ({"tag.A": "!x"}, {}),
    ({"tag.A": "*"}, {"tag.A": "!x"}),
    ({"name": "*"}, {"to": "a"}),
    ({"phase": "failed"}, {}),
    ({"phase": "*"}, {}),
    ({"tag.A": ""}, {"tag.A": ["", "!*"]}),
    ({"tag.A": ["", "!*"]}, {"tag.A": "*"}),
    ({"tag.A": ["*", "!"]}, {"tag.A": "*"}),
    ({"tag.A": ["*", "!"]}, {"tag.A": "!a"}),
    ({"tag.A": ["a*", "!ab*"]}, {"tag.A": "a*"}),
    ({"tag.A": ["a*", "!ab"]}, {"tag.A": ["a*", "!abc"]}),
    ({"labels.a": "x"}, {"labels.A": "x"}),
    ({"account": "production"}, {"account": "*"}),
    ({"environment": "*"}, {}),
]


@pytest.mark.parametrize(("wide", "narrow"), UNREACHABLE)
def test_what_an_earlier_match_takes_whole(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert implies(conditions(narrow), conditions(wide), KNOWN)


@pytest.mark.parametrize(("wide", "narrow"), REACHABLE)
def test_what_it_leaves_something_of(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert not implies(conditions(narrow), conditions(wide), KNOWN)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("a", "a", True),
        ("a*", "*b", True),
        ("*yx", "*x", True),
        ("a*c", "ab*", True),
        ("*a*", "*b*", True),
        ("", "*", True),
        ("a**", "*a", True),
        ("a", "b", False),
        ("a*", "b*", False),
        ("*a", "*b", False),
        ("a*b", "a", False),
        ("ab", "a*c", False),
    ],
)
def test_patterns_that_have_a_text_in_common(one: str, other: str, *, together: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is together
