"""The compiled form: what is written is read, and nothing else is."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra_events.domain.event import Severity
from infra_events.routing import compiled
from infra_events.routing.facts import Account
from infra_events.routing.model import ALWAYS, Bounds, ControlTag, Destination, Ignore, Owner, TagKeys
from infra_events.routing.rules import Condition, Rules
from tests.support.builders import routing_document

names = st.text(min_size=1, max_size=8)
texts = st.lists(names, max_size=3)
severities = st.sampled_from(tuple(Severity.__members__))
matches = st.dictionaries(
    st.sampled_from(("type", "to", "owner", "severity", "tag.Environment", "name", "phase")),
    st.lists(st.sampled_from(("a", "b*", "WARN", ">=ERROR", "!a", "!*", "")), min_size=1, max_size=3, unique=True),
    max_size=3,
)
channels = st.dictionaries(names, names, min_size=1, max_size=3)


def documents_of(channels: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "version": st.just(1),
            "source_sha256": st.just("0" * 64),
            "timezone": st.sampled_from(("Etc/UTC", "Europe/Berlin")),
            "fallback": names,
            "tags": st.fixed_dictionaries(
                {
                    "name": texts,
                    "owner": texts,
                    "owner_keys": st.sampled_from(("first", "all")),
                    "owner_case": st.sampled_from(("exact", "ignore")),
                    "split": st.sampled_from(("", ",:;")),
                    "ignore": st.lists(st.fixed_dictionaries({"key": names, "values": texts}), max_size=2),
                    "mute_until": st.text(max_size=8),
                    "severity": st.text(max_size=8),
                }
            ),
            "bounds": st.fixed_dictionaries(
                {
                    "max_mute_days": st.integers(1, 366),
                    "least_severity": severities,
                    "most_severity": severities,
                    "protected": texts,
                }
            ),
            "owners": st.dictionaries(
                names,
                st.fixed_dictionaries(
                    {"aliases": texts, "queue": st.booleans(), "topic": st.booleans(), "consumers": texts}
                ),
                max_size=3,
            ),
            "accounts": st.dictionaries(
                names,
                st.fixed_dictionaries(dict.fromkeys(("name", "environment", "default_owner"), names)),
                max_size=2,
            ),
            "channels": st.just(channels),
            "destinations": st.dictionaries(names, st.fixed_dictionaries(dict.fromkeys(channels, texts)), max_size=3),
            "severity_rules": st.lists(
                st.fixed_dictionaries({"name": names, "match": matches, "severity": severities}), max_size=3
            ),
            "routes": st.lists(
                st.fixed_dictionaries({"name": names, "match": matches, "to": texts, "continue": st.booleans()}),
                max_size=3,
            ),
            "ignore": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": names,
                        "match": matches,
                        "reason": names,
                        "begins": st.one_of(st.just(""), st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)),
                        "expires": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
                    }
                ),
                max_size=3,
            ),
        }
    )


def compared(condition: Condition) -> tuple[object, ...]:
    wanted, unwanted = condition.wanted, condition.unwanted
    return condition.key, condition.absent, wanted.exact, wanted.globs, unwanted.exact, unwanted.globs


def conditions(rule: Any) -> dict[str, tuple[object, ...]]:
    return {condition.label: compared(condition) for condition in rule.match}


def stated(match: dict[str, list[str]]) -> dict[str, tuple[object, ...]]:
    return {key: compared(Condition(key, values)) for key, values in match.items()}


def in_order(document: dict[str, Any], *parts: Rules[Ignore]) -> list[Ignore]:
    """The ignores of both lists in the document's order, found by their content, since two may have one name."""
    remaining = [rule for part in parts for rule in part]
    found = []
    for rule in document["ignore"]:
        begins = datetime.fromisoformat(rule["begins"]) if rule["begins"] else ALWAYS
        expires = datetime.fromisoformat(rule["expires"])
        position = next(
            n
            for n, one in enumerate(remaining)
            if (one.name, one.reason, one.begins, one.expires, conditions(one))
            == (rule["name"], rule["reason"], begins, expires, stated(rule["match"]))
        )
        found.append(remaining.pop(position))
    assert remaining == []
    return found


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(channels.flatmap(documents_of))
def test_what_is_written_is_read(document: Any) -> None:
    written = compiled.write(document)
    assert json.loads(written) == document
    routing = compiled.read(written.decode(), "0123456789abcdef")
    tags, bounds = document["tags"], document["bounds"]
    assert routing.digest == "0123456789ab"
    assert routing.fallback == document["fallback"]
    assert routing.zone == ZoneInfo(document["timezone"])
    assert routing.tags == TagKeys(**tags | {"ignore": tuple(ControlTag(**tag) for tag in tags["ignore"])})
    assert routing.bounds == Bounds(
        max_mute_days=bounds["max_mute_days"],
        at_least=Severity[bounds["least_severity"]],
        at_most=Severity[bounds["most_severity"]],
        protected=bounds["protected"],
    )
    assert routing.owners == {
        name: Owner(aliases=owner["aliases"], topic=owner["topic"]) for name, owner in document["owners"].items()
    }
    assert routing.accounts == {id_: Account(**account) for id_, account in document["accounts"].items()}
    assert routing.destinations.keys() == document["destinations"].keys()
    assert [(rule.name, conditions(rule), rule.severity.name) for rule in routing.severity_rules] == [
        (rule["name"], stated(rule["match"]), rule["severity"]) for rule in document["severity_rules"]
    ]
    assert [(route.name, conditions(route), route.to, route.proceed) for route in routing.routes] == [
        (route["name"], stated(route["match"]), route["to"], route["continue"]) for route in document["routes"]
    ]
    found = in_order(document, routing.early_ignores, routing.late_ignores)
    assert [rule.needs_tags for rule in found] == [
        any(key in ("owner", "severity", "name") or key.startswith("tag.") for key in rule["match"])
        for rule in document["ignore"]
    ]


def test_targets_are_by_channel_and_only_where_there_are_any() -> None:
    document = routing_document(
        channels={"emails": "email", "rooms": "chat"},
        destinations={
            "mailed": {"emails": ["a@example.org"], "rooms": []},
            "both": {"emails": ["b@example.org"], "rooms": ["#b"]},
        },
    )
    assert compiled.read(json.dumps(document), "d").destinations == {
        "mailed": Destination(targets={"email": ["a@example.org"]}),
        "both": Destination(targets={"email": ["b@example.org"], "chat": ["#b"]}),
    }


def test_the_same_document_is_the_same_bytes() -> None:
    document: Any = routing_document()
    turned: Any = dict(reversed(document.items()))
    assert compiled.write(turned) == compiled.write(document)


@pytest.mark.parametrize("key", sorted(routing_document().keys() - {"source_sha256", "accounts"}))
def test_a_document_without_one_of_its_keys_is_refused(key: str) -> None:
    document = routing_document()
    del document[key]
    with pytest.raises(KeyError):
        compiled.read(json.dumps(document), "d")


def test_what_release_0_1_compiled_is_read() -> None:
    document = routing_document(
        ignore=[{"name": "a", "match": {"to": ["a"]}, "reason": "b", "expires": "2026-03-01T13:00:00+00:00"}]
    )
    del document["accounts"]
    document["tags"] = {key: document["tags"][key] for key in ("name", "owner", "ignore", "mute_until", "severity")}
    routing = compiled.read(json.dumps(document), "d")
    assert (routing.accounts, routing.tags) == (
        {},
        TagKeys(
            owner=["Owner", "Department"], name=["Name"], ignore=(ControlTag(key="notify:ignore", values=["true"]),)
        ),
    )
    assert [rule.begins for rule in routing.early_ignores] == [ALWAYS]


def test_a_condition_for_release_0_1_is_left_out() -> None:
    rule = {"name": "a", "match": {"to": ["a"], "newer": ["newer"]}, "reason": "b", "expires": "2026-03-01T13:00:00Z"}
    (ignore,) = compiled.read(json.dumps(routing_document(ignore=[rule])), "d").early_ignores
    assert [condition.key for condition in ignore.match] == ["to"]


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 2"):
        compiled.read(json.dumps(routing_document(version=2)), "d")
