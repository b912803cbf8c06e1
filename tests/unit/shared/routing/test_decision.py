"""The decision: every line of docs/routing.md, and what hostile tags cannot do."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.time import expiry
from infra_events.routing import decision as routing_decision
from infra_events.routing.decision import Decision, Result, ignored
from infra_events.routing.rules import Condition
from tests.support.builders import NOON, SECURITY, resource_event, routing, routing_document

BERLIN = ZoneInfo("Europe/Berlin")
PROTECTED_TYPES = [pattern.replace("*", "something") for pattern in SECURITY]

ROUTES = [
    {"name": "critical", "match": {"severity": [">=ERROR"]}, "to": ["platform", "payments"], "continue": False},
    {"name": "all", "match": {"to": ["stopped"]}, "to": ["platform"], "continue": True},
    {"name": "payments", "match": {"owner": ["payments"]}, "to": ["payments", "platform"], "continue": False},
    {"name": "late", "match": {}, "to": ["platform"], "continue": False},
]
IGNORE = {"name": "noise", "reason": "too many", "expires": "2026-03-01T13:00:00+00:00"}


def tagged(values: Mapping[str, str], **overrides: Any) -> ResourceEvent:
    return resource_event(tags=Tags(values=values, status=TagsStatus.LIVE), **overrides)


def decide(values: Mapping[str, str], at: datetime = NOON, **overrides: Any) -> Decision:
    """Decide on an event with tags; ``overrides`` with a document's names are the routing's, others the event's."""
    own = {key: value for key, value in overrides.items() if key in routing_document()}
    others = {key: value for key, value in overrides.items() if key not in own}
    return routing_decision.decide(routing(**own), tagged(values, **others), at)


def why(decision: Decision, step: str) -> str:
    return next(one.why for one in decision.steps if one.step == step)


def test_what_no_route_matches_goes_to_the_fallback() -> None:
    decision = decide({})
    assert (decision.result, decision.routes, decision.destinations) == (Result.SEND, (), ("platform",))
    assert decision.reason == "no route matched, and nobody owns it: no tag Owner or Department"


@pytest.mark.parametrize(
    ("values", "because"),
    [
        ({"Owner": "payments"}, "tag Owner=payments"),
        ({"OWNER": "Payments"}, "tag Owner=Payments"),
        ({"Owner": " payments "}, "tag Owner=payments"),
        ({"Owner": "unknown", "Department": "payments"}, "tag Department=payments"),
    ],
)
def test_the_first_key_whose_value_names_an_owner_counts(values: dict[str, str], because: str) -> None:
    decision = decide(values)
    assert (decision.owner, decision.routes, decision.destinations) == ("payments", ("payments",), ("payments",))
    assert decision.reason == f"route payments matched {because}"


@pytest.mark.parametrize("value", ["PAYMENTS", "payments2", "", "payment"])
def test_values_are_compared_with_case_and_whole(value: str) -> None:
    assert decide({"Owner": value}).owner == ""


def test_the_events_own_owner_counts_where_no_tag_names_one() -> None:
    assert decide({}, owner="payments").reason == "route payments matched owner payments, as the event says"
    assert decide({}, owner="strangers").destinations == ("platform",)


def test_of_keys_that_differ_in_case_alone_the_first_in_order_counts() -> None:
    both = {"owner": "nobody", "Owner": "payments"}
    assert decide(both).owner == decide(dict(reversed(both.items()))).owner == "payments"


def test_without_readable_tags_people_are_notified_all_the_same() -> None:
    event = resource_event(tags=Tags(status=TagsStatus.UNAVAILABLE, unavailable="throttled"))
    decision = routing_decision.decide(routing(), event, NOON)
    assert decision.destinations == ("platform",)
    assert why(decision, "owner") == "its tags are not available"
    assert why(decision, "tags") == "throttled"


def test_the_first_route_that_matches_is_the_last() -> None:
    decision = decide({"Owner": "payments"}, routes=ROUTES, severity=Severity.ERROR)
    assert (decision.routes, decision.destinations) == (("critical",), ("platform", "payments"))


def test_with_continue_later_routes_count_and_each_destination_receives_it_once() -> None:
    decision = decide({"Owner": "payments"}, routes=ROUTES)
    assert (decision.routes, decision.destinations) == (("all", "payments"), ("platform", "payments"))
    assert decision.reason == "route all matched to stopped; route payments matched tag Owner=payments"


def test_a_route_without_conditions_takes_everything() -> None:
    assert decide({}, routes=ROUTES, state="running").reason == "route late matched every event"


def test_a_route_may_ask_for_what_is_absent() -> None:
    route = {"name": "unowned", "match": {"owner": ["!*"], "tag.Team": ["!*"]}, "to": ["payments"], "continue": False}
    assert decide({}, routes=[route]).reason == "route unowned matched no owner and no tag Team"
    assert decide({"team": "a"}, routes=[route]).routes == ()


RULES = [
    {"name": "prod", "match": {"tag.environment": ["prod"], "severity": ["WARN"]}, "severity": "ERROR"},
    {"name": "any", "match": {}, "severity": "DEBUG"},
]


def test_the_first_severity_rule_counts_and_rules_see_the_events_own() -> None:
    assert decide({"Environment": "prod"}, severity_rules=RULES).severity is Severity.ERROR
    assert decide({"Environment": "prod"}, severity_rules=RULES, severity=Severity.INFO).severity is Severity.DEBUG


def bounds(**overrides: Any) -> dict[str, Any]:
    return {"max_mute_days": 30, "least_severity": "INFO", "most_severity": "ERROR", "protected": SECURITY} | overrides


@pytest.mark.parametrize(
    ("tag", "severity"),
    [("error", "ERROR"), ("Info", "INFO"), ("debug", "INFO"), ("FATAL", "ERROR"), ("loud", "WARN"), ("", "WARN")],
)
def test_a_tag_sets_the_severity_within_bounds(tag: str, severity: str) -> None:
    decision = decide({"Notify:Severity": tag}, bounds=bounds())
    assert decision.severity.name == severity


def test_a_tag_overrides_a_rule_and_the_step_names_it() -> None:
    decision = decide({"notify:severity": "fatal"}, bounds=bounds(), severity_rules=RULES)
    assert decision.severity is Severity.ERROR
    assert why(decision, "severity") == "tag notify:severity=fatal, within the bounds of the routing file"


def test_an_unknown_severity_is_reported_to_those_who_receive_the_event() -> None:
    assert "notify:severity=loud is not followed: a severity is one of" in decide({"notify:severity": "loud"}).reason


@pytest.mark.parametrize("value", ["true", "TRUE", " true "])
def test_a_resource_can_be_ignored_by_tag(value: str) -> None:
    decision = decide({"Owner": "payments", "Notify:Ignore": value})
    assert (decision.result, decision.destinations, decision.owner) == (Result.SUPPRESS, (), "payments")
    assert decision.reason == f"tag notify:ignore={value.strip()}"


@pytest.mark.parametrize("value", ["false", "", "yes", "true*"])
def test_other_values_ask_for_nothing(value: str) -> None:
    assert decide({"notify:ignore": value}).result is Result.SEND


@pytest.mark.parametrize(
    "until",
    ["2026-03-01", "2026-03-01T12:00:01Z", "2026-03-01T13:00:01+01:00", "2026-03-31T12:00:00Z", "2026-03-01 13:00"],
)
def test_a_resource_can_be_muted_for_a_while(until: str) -> None:
    decision = decide({"notify:mute-until": until})
    assert (decision.result, decision.reason) == (Result.SUPPRESS, f"muted by tag notify:mute-until={until}")


@pytest.mark.parametrize("until", ["2026-02-28", "2026-03-01T12:00:00Z", "2026-03-01T12:59:59+01:00"])
def test_a_mute_ends(until: str) -> None:
    decision = decide({"notify:mute-until": until})
    assert decision.result is Result.SEND
    assert why(decision, "mute tag") == f"tag notify:mute-until={until} is over"


@pytest.mark.parametrize("until", ["2026-03-31T12:00:01Z", "2026-04-30", "9999-12-30", "9999-12-31T23:59:59-12:00"])
def test_a_mute_far_ahead_is_refused_not_cut(until: str) -> None:
    decision = decide({"notify:mute-until": until})
    assert decision.result is Result.SEND
    assert decision.reason.endswith(f"tag notify:mute-until={until} is not followed: it lies more than 30 days ahead")


@pytest.mark.parametrize(
    "until",
    [
        "soon",
        "9999-12-31",
        "20260302",
        "2026-W10-1",
        "2026-13-01",
        "2026-3-2",
        "2026-03-02T12",
        "٢٠٢٦-03-02",
        "forever",
    ],
)
def test_what_is_no_time_mutes_nothing(until: str) -> None:
    decision = decide({"notify:mute-until": until})
    assert decision.result is Result.SEND
    assert "it is no date or time such as" in decision.reason


def test_a_date_lasts_to_its_end_in_the_zone_of_the_file() -> None:
    assert expiry("2026-03-01", BERLIN) == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert expiry("2026-03-28", BERLIN) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert expiry("2026-03-29", BERLIN) == datetime(2026, 3, 29, 22, tzinfo=UTC), "summer time has begun"
    assert expiry("2026-03-01T12:00", BERLIN) == datetime(2026, 3, 1, 11, tzinfo=UTC)


AUTUMN = datetime(2026, 10, 20, 22, 30, tzinfo=UTC)
"""00:30 of 21 October in Berlin, where summer time ends on the 25th."""


@pytest.mark.parametrize(
    ("at", "until", "followed"),
    [
        (AUTUMN, "2026-10-27", True),
        (AUTUMN, "2026-10-28T00:30", True),
        (AUTUMN, "2026-10-28T00:31", False),
        (AUTUMN, "2026-10-28", False),
        (datetime(2026, 3, 27, 12, tzinfo=UTC), "2026-04-03T12:00:00Z", True),
        (datetime(2026, 3, 27, 12, tzinfo=UTC), "2026-04-03T12:00:01Z", False),
    ],
)
def test_days_ahead_are_counted_on_the_calendar_of_the_zone(at: datetime, until: str, *, followed: bool) -> None:
    decision = decide({"notify:mute-until": until}, at=at, bounds=bounds(max_mute_days=7), timezone="Europe/Berlin")
    assert (decision.result is Result.SUPPRESS) is followed


@pytest.mark.parametrize("minutes", [-1, 0])
def test_a_mute_ends_when_it_ends_whatever_the_clocks_show(minutes: int) -> None:
    """03:15 is an hour and a half after 02:45 that day, and both times may be in the file's zone."""
    ends = datetime(2026, 10, 25, 3, 15, tzinfo=BERLIN)
    at = (ends.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(BERLIN)
    decision = decide({"notify:mute-until": "2026-10-25T03:15"}, at=at, timezone="Europe/Berlin")
    assert (decision.result is Result.SUPPRESS) is (minutes < 0)
    again = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    late = decide({"notify:mute-until": "2026-10-25T02:30"}, at=again, timezone="Europe/Berlin")
    assert late.result is Result.SEND, "02:30 was before the clocks went back to 02:00"


def test_the_tag_that_mutes_is_named_where_it_would_be_followed() -> None:
    assert decide({}).mute_tag == "notify:mute-until"
    assert decide({}, type=PROTECTED_TYPES[0]).mute_tag == ""


@pytest.mark.parametrize("key", ["mute_until", "severity"])
def test_what_is_not_offered_is_not_followed(key: str) -> None:
    tags = routing_document()["tags"] | {key: ""}
    tag = {"notify:mute-until": "2026-03-02", "notify:severity": "fatal", "": "2026-03-02"}
    decision = decide(tag, tags=tags)
    assert (decision.result is Result.SEND) == (key == "mute_until")
    assert (decision.severity is Severity.WARN) == (key == "severity")


def test_an_ignore_by_the_events_own_facts_needs_no_tags() -> None:
    rule = IGNORE | {"match": {"to": ["stopped"]}}
    early = ignored(routing(ignore=[rule]), resource_event(), NOON)
    assert early is not None
    assert (early.result, early.reason) == (Result.SUPPRESS, "ignored by noise: too many")
    assert [step.step for step in early.steps] == ["ignore"]


@pytest.mark.parametrize("match", [{"tag.A": ["b"]}, {"owner": ["payments"]}, {"name": ["n"]}, {"severity": ["WARN"]}])
def test_an_ignore_by_facts_from_tags_waits_for_them(match: dict[str, list[str]]) -> None:
    by = routing(ignore=[IGNORE | {"match": match}])
    event = tagged({"a": "b", "Owner": "payments", "Name": "n"})
    assert ignored(by, event, NOON) is None
    assert routing_decision.decide(by, event, NOON).reason == "ignored by noise: too many"


def test_an_ignore_expires() -> None:
    rule = IGNORE | {"match": {"to": ["stopped"]}}
    decision = decide({}, at=NOON + timedelta(hours=1), ignore=[rule])
    assert decision.result is Result.SEND
    assert why(decision, "ignore") == "noise expired 2026-03-01T13:00:00+00:00"


def test_an_ignore_begins() -> None:
    rule = IGNORE | {"match": {"to": ["stopped"]}, "begins": "2026-03-01T12:30:00+00:00"}
    decision = decide({}, at=NOON, ignore=[rule])
    assert decision.result is Result.SEND
    assert why(decision, "ignore") == "noise begins 2026-03-01T12:30:00+00:00"
    assert decide({}, at=NOON + timedelta(minutes=30), ignore=[rule]).result is Result.SUPPRESS


@pytest.mark.parametrize("kind", PROTECTED_TYPES)
@pytest.mark.parametrize(
    "values",
    [{"notify:ignore": "true"}, {"notify:mute-until": "2026-03-02"}, {"notify:severity": "debug"}, {"silent": "yes"}],
)
def test_nothing_silences_a_protected_type(kind: str, values: dict[str, str]) -> None:
    ignores = [IGNORE | {"match": {"tag.silent": ["*"]}}, IGNORE | {"name": "early", "match": {"to": ["gone"]}}]
    decision = decide(values, type=kind, ignore=ignores, state="gone")
    assert (decision.result, decision.severity) == (Result.SEND, Severity.WARN)
    assert decision.destinations == ("platform",)
    if "silent" not in values:
        assert f"is not followed: {kind} is protected" in decision.reason


def test_a_tag_may_make_a_protected_type_louder() -> None:
    assert decide({"notify:severity": "fatal"}, type=PROTECTED_TYPES[0]).severity is Severity.FATAL


def test_a_file_may_protect_more() -> None:
    own = bounds(protected=["infra.aws.ec2.*"])
    assert decide({"notify:ignore": "true"}, bounds=own).result is Result.SEND


HOSTILE = [
    "<script>alert(1)</script>",
    "a\r\nBcc: everybody@example.org",
    "x" * 256,
    "日本語 \u202e \u0000",
    "attacker@evil.example",
    "arn:aws:sns:eu-west-1:111122223333:theirs",
    "https://evil.example/hook",
    "platform",
    "*",
    "!payments",
    ">=DEBUG",
    "owner.payments",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_tag_changes_nothing_but_its_own_text(text: str) -> None:
    keys = ["Owner", "Department", "Name", "notify:ignore", "notify:mute-until", "notify:severity", "to", text]
    decision = decide(dict.fromkeys(keys, text))
    assert (decision.result, decision.owner, decision.severity) == (Result.SEND, "", Severity.WARN)
    assert (decision.destinations, decision.routes) == (("platform",), ())


def test_a_thousand_owners_with_two_routes_each_cost_an_event_as_little_as_a_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"team-{number}" for number in range(1000)]
    by = routing(
        owners={name: {"aliases": [name.upper()], "queue": False, "topic": False, "consumers": []} for name in names},
        destinations={name: {"emails": [f"{name}@example.org"]} for name in ("platform", *names)},
        routes=[
            {"name": f"{name}{suffix}", "match": {"owner": [name]} | match, "to": [name], "continue": False}
            for name in names
            for suffix, match in (("-critical", {"severity": [">=ERROR"]}), ("", {}))
        ],
    )
    asked = []
    real = Condition.holds

    def counting(condition: Condition, facts: Mapping[str, str]) -> bool:
        asked.append(condition)
        return real(condition, facts)

    monkeypatch.setattr(Condition, "holds", counting)
    decision = routing_decision.decide(by, tagged({"owner": "TEAM-999"}), NOON)
    assert (decision.routes, decision.destinations) == (("team-999",), ("team-999",))
    assert len(asked) <= 4
