"""Whose it is: several owners, their case, accounts and their default owners; and what rules see of an account."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.routing import decision as routing_decision
from infra_events.routing.decision import Decision, Result, ignored
from tests.support.builders import ACCOUNT, NOON, resource_event, routing, routing_document

OTHER = "012345678901"
OWNERS = {
    name: {"aliases": aliases, "queue": False, "topic": False, "consumers": []}
    for name, aliases in {"payments": ["Payments", "pay: all"], "search": ["Such"], "web": []}.items()
}
ROUTES = [
    {"name": name, "match": {"owner": [name]}, "to": [name], "continue": False} for name in ("payments", "search")
]
ACCOUNTS = {
    ACCOUNT: {"name": "prod", "environment": "production", "default_owner": "web"},
    OTHER: {"name": "", "environment": "sandbox", "default_owner": "search"},
}
PARTS: dict[str, Any] = {
    "owners": OWNERS,
    "routes": ROUTES,
    "destinations": {name: {"emails": [f"{name}@example.org"]} for name in ("platform", "payments", "search")},
}


def event(values: Mapping[str, str], **overrides: Any) -> ResourceEvent:
    return resource_event(tags=Tags(values=values, status=TagsStatus.LIVE), **overrides)


def decide(values: Mapping[str, str], tags: Mapping[str, Any] | None = None, **overrides: Any) -> Decision:
    """Decide on an event; ``tags`` changes what tag keys mean, ``overrides`` change the event or the routing."""
    parts = {key: value for key, value in overrides.items() if key in routing_document()}
    others = {key: value for key, value in overrides.items() if key not in parts}
    keys = routing_document()["tags"] | (tags or {})
    return routing_decision.decide(routing(**PARTS | {"tags": keys} | parts), event(values, **others), NOON)


@pytest.mark.parametrize(
    "value", ["payments:search", "Payments, Such", "search;payments", ":pay;search;nobody:payments"]
)
def test_a_tag_names_several_owners(value: str) -> None:
    split = decide({"Owner": value}, tags={"split": ",:;"})
    assert set(split.destinations) == ({"payments", "search"} if value[0] != ":" else {"search", "payments"})
    assert split.owner == ("search" if value.startswith(("search", ":")) else "payments"), "the first that is known"
    assert split.owner_why == f"tag Owner={value}"
    assert decide({"Owner": value}).destinations == ("platform",)


def test_a_whole_value_is_not_split_where_it_names_an_owner() -> None:
    decision = decide({"Owner": "pay: all"}, tags={"split": ": "})
    assert decision.destinations == ("payments",)


def test_the_reason_names_each_route_once() -> None:
    decision = decide({"Owner": "search:payments"}, tags={"split": ":"})
    assert decision.reason == (
        "route search matched tag Owner=search:payments; route payments matched tag Owner=search:payments"
    )
    assert [(step.step, step.result) for step in decision.steps if step.step in ("ignore", "owner", "routes")] == [
        ("ignore", "kept"),
        ("owner", "search"),
        ("routes", "search"),
        ("owner", "payments"),
        ("routes", "payments"),
    ]


def test_every_owner_key_counts_or_the_first_that_names_one() -> None:
    values = {"Owner": "payments", "Department": "search"}
    assert decide(values, tags={"owner_keys": "all"}).destinations == ("payments", "search")
    assert decide(values).destinations == ("payments",)
    assert decide(values | {"Owner": "?"}).destinations == ("search",)


@pytest.mark.parametrize("value", ["PAYMENTS", "pAyments", "PAY: ALL"])
def test_the_case_of_an_owner_may_not_matter(value: str) -> None:
    assert decide({"Owner": value}, tags={"owner_case": "ignore"}).owner == "payments"
    assert decide({"Owner": value}).owner == ""


def test_the_fallback_hears_of_several_owners_without_a_route_once() -> None:
    tags = {"split": ":"}
    decision = decide({"Owner": "web:search"}, tags=tags)
    assert (decision.destinations, decision.owner) == (("search",), "search"), "nobody is notified for web's sake"
    alone = decide({"Owner": "web:search"}, tags=tags, routes=[])
    assert (alone.destinations, alone.routes) == (("platform",), ())
    assert alone.reason == "no route matched, and web owns it; no route matched, and search owns it"


def test_an_ignore_of_one_owner_leaves_the_other() -> None:
    rule = {"name": "n", "match": {"owner": ["search"]}, "reason": "r", "expires": "2027-01-01T00:00:00+00:00"}
    tags = {"split": ":"}
    left = decide({"Owner": "search:payments"}, tags=tags, ignore=[rule])
    assert (left.destinations, left.owner) == (("payments",), "payments")
    both = decide({"Owner": "search:payments"}, tags=tags, ignore=[rule | {"match": {"owner": ["search", "payments"]}}])
    assert (both.result, both.reason, both.owner) == (Result.SUPPRESS, "ignored by n: r", "search")


def test_of_several_severities_the_highest_counts() -> None:
    rules = [{"name": "a", "match": {"owner": ["payments"]}, "severity": "FATAL"}]
    decision = decide({"Owner": "search:payments"}, tags={"split": ":"}, severity_rules=rules)
    assert decision.severity is Severity.FATAL


def test_the_default_owner_of_the_account_owns_what_nobody_else_does() -> None:
    routes = [{"name": "web", "match": {"owner": ["web"]}, "to": ["search"], "continue": False}]
    decision = decide({}, accounts=ACCOUNTS, routes=routes)
    assert (decision.owner, decision.destinations) == ("web", ("search",))
    why = f"owner web, the default of account prod ({ACCOUNT}) (no tag Owner or Department)"
    assert (decision.owner_why, decision.reason) == (why, f"route web matched {why}")
    assert decide({"Owner": "payments"}, accounts=ACCOUNTS).owner == "payments"
    assert decide({}, owner="payments", accounts=ACCOUNTS).owner == "payments"
    named = decide({}, owner="web", accounts=ACCOUNTS)
    assert named.owner_why == why, "the standardizer has found it already, and people read why"
    assert decide({}, account_id="999999999999", resource="an-id", accounts=ACCOUNTS).owner == ""


def test_the_account_is_the_resources_where_its_arn_names_one() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{OTHER}:instance/i-1"
    decision = decide({}, accounts=ACCOUNTS, resource=arn)
    assert (decision.owner, decision.destinations) == ("search", ("search",))
    assert decision.owner_why == f"owner search, the default of account {OTHER} (no tag Owner or Department)"
    assert decide({}, accounts=ACCOUNTS, resource="arn:aws:s3:::bucket").owner == "web", "the event's account"
    assert decide({}, accounts=ACCOUNTS, resource="arn:aws:iam::aws:policy/x").owner == "web"


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        ({"account": ["prod"]}, True),
        ({"account": ["!prod"]}, False),
        ({"account": ["!*"]}, False),
        ({"environment": ["prod*", "!production"]}, False),
        ({"environment": ["production"], "account_id": [ACCOUNT]}, True),
    ],
)
def test_rules_see_the_account_before_tags_are_read(match: dict[str, list[str]], *, holds: bool) -> None:
    rule = {"name": "n", "match": match, "reason": "r", "expires": "2027-01-01T00:00:00+00:00"}
    by = routing(**PARTS, accounts=ACCOUNTS, ignore=[rule])
    assert (ignored(by, resource_event(), NOON) is not None) is holds


def test_an_account_without_a_name_has_none() -> None:
    routes = [
        {"name": "r", "match": {"account": ["!*"], "environment": ["sandbox"]}, "to": ["search"], "continue": False}
    ]
    decision = decide({}, accounts=ACCOUNTS, account_id=OTHER, resource="an-id", routes=routes)
    assert decision.reason == "route r matched no account and environment sandbox"


def test_a_rule_compares_labels() -> None:
    routes = [{"name": "r", "match": {"labels.product": ["Insp*"]}, "to": ["search"], "continue": False}]
    assert (
        decide({}, labels={"product": "Inspector"}, routes=routes).reason == "route r matched label product=Inspector"
    )
    assert decide({}, labels={"Product": "Inspector"}, routes=routes).routes == ()
    absent = [routes[0] | {"match": {"labels.product": ["!*"]}}]
    assert decide({}, routes=absent).reason == "route r matched no label product"


def test_an_ignore_by_label_needs_no_tags() -> None:
    rule = {"name": "n", "match": {"labels.a": ["b"]}, "reason": "r", "expires": "2027-01-01T00:00:00+00:00"}
    early = ignored(routing(ignore=[rule]), resource_event(labels={"a": "b"}), NOON)
    assert early is not None
    assert early.owner_why == ""
