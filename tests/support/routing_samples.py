"""Routing files and events as Hypothesis makes them up: all that a file may hold, and tags that mean something."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from infra_events.domain.event import Phase, Severity
from infra_events.domain.parent import Parent
from infra_events.domain.tags import Tags, TagsStatus
from tests.support.builders import resource_event

TYPES = (
    "infra.aws.ec2.instance.state_changed",
    "infra.aws.rds.database.state_changed",
    "infra.aws.guardduty.finding.reported",
    "infra.aws.signin.root.signed_in",
    "infra.own.thing.broken",
)
STATES = ("stopped", "stopping", "Stopped", "running")
OWNERS = {"payments": ("Payments", "pay"), "search": ("Such", "web team"), "web": ("<b>web</b>",)}
DESTINATIONS = ("platform", "payments", "search")
SEVERITIES = tuple(Severity.__members__)
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
MOMENTS = {
    "2026-03-28T13:00:00Z": NOON + timedelta(hours=1),
    "2026-03-28T13:00:00+01:00": NOON,
    "2026-04-27T12:00:00Z": NOON + timedelta(days=30),
    "2026-06-01T00:00:00Z": datetime(2026, 6, 1, tzinfo=UTC),
}
DATES = ("2026-03-27", "2026-03-28", "2026-03-29")
BEGINNINGS = ("2026-03-28T11:59:59Z", "2026-03-28T13:00:00+01:00", "2026-03-28T12:00:01Z")
HOSTILE = (
    *("", "*", "!prod", "tomorrow", "20260329", "loud", "x" * 256, "a\r\nBcc: b@c.example"),
    *("attacker@evil.example", "arn:aws:sns:eu-west-1:111122223333:theirs", "https://evil.example/hook"),
)
ACCOUNTS = {
    "111122223333": {"name": "prod", "environment": "production", "default_owner": "payments"},
    "444455556666": {"name": "Sand box", "default_owner": "web"},
    "012345678901": {"environment": "test"},
}
SPLITS = (":", ",: ")
SEVERAL = ("payments:search", "search, pay", "nobody:Web Team", "web:payments :Such", "such:PAY")
"""Tags that name several owners, where their parts are split."""
NAMES = (
    *(*OWNERS, *(alias for aliases in OWNERS.values() for alias in aliases), " payments ", "PAYMENTS"),
    *SEVERAL,
    *SEVERAL,
    *SEVERAL,
)
TAGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Owner", "owner", "OWNER", "Department"), NAMES),
    "Environment": ("prod", "PROD", "true", "debug", "fatal", "", ""),
    "Name": ("web", "worker", " web "),
    "notify:ignore": ("true", "TRUE", " true ", "false"),
    "Notify:Mute-Until": (*MOMENTS, *DATES),
    "notify:severity": ("debug", "Fatal", "ERROR", "info"),
}
"""Keys that mean something, and values that do."""


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One value, a list, a list that negates, or one that does both, and may admit what is absent."""
    several = st.lists(values, min_size=1, max_size=3, unique_by=json.dumps)
    negated = several.map(lambda texts: [f"!{text(one)}" for one in texts])
    mixed = st.tuples(several, negated, st.sampled_from(([], ["!*"]))).map(
        lambda parts: list(dict.fromkeys(chain.from_iterable(parts)))
    )
    return st.one_of(values, several, negated, mixed)


def text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def matches(
    draw: st.DrawFn, owners: tuple[str, ...], *, accounts: bool, may_type: bool = True, at_least: int = 0
) -> dict[str, Any]:
    bounds = [f"{sign}{name}" for sign in (">=", "<=") for name in ("warn", "ERROR", "Info")]
    keys: dict[str, st.SearchStrategy[Any]] = {
        "to": one_or_more(st.sampled_from((*STATES, "stop*", "*ing", "*"))),
        "severity": one_or_more(st.sampled_from(("warn", "ERROR", "debug", *bounds))),
        "transitional": one_or_more(st.booleans()),
        "drill": one_or_more(st.booleans()),
        "phase": one_or_more(st.sampled_from((*map(str, Phase), "*"))),
        "resource_type": one_or_more(st.sampled_from(("ec2:instance", "ec2:*", "s3:*"))),
        "region": one_or_more(st.sampled_from(("eu-west-1", "eu-*"))),
        "name": one_or_more(st.sampled_from(("web", "w*", "*"))),
        "tag.ENVIRONMENT": one_or_more(st.sampled_from(("prod", "pr*", "*", "true", ""))),
        "labels.product": one_or_more(st.sampled_from(("Inspector", "I*", "*"))),
        "tag.owner": one_or_more(st.sampled_from(("payments", "pay*", "x*"))),
    }
    if owners:
        keys["owner"] = one_or_more(st.sampled_from((*owners, "*")))
    if accounts:
        keys["account"] = one_or_more(st.sampled_from(("prod", "Sand*", "*")))
        keys["environment"] = one_or_more(st.sampled_from(("production", "*t*", "*")))
    if may_type:
        keys["type"] = one_or_more(st.sampled_from((*TYPES, "infra.aws.*", "*.state_changed", "infra.*.root.*")))
    chosen = draw(st.lists(st.sampled_from(sorted(keys)), min_size=at_least, max_size=3, unique=True))
    return {key: draw(keys[key]) for key in chosen}


@st.composite
def documents(draw: st.DrawFn, *, accounts: bool) -> dict[str, Any]:
    """Content of a routing file, with anything left out that may be; beside ``ACCOUNTS`` or not."""
    some = st.lists(st.sampled_from(sorted(OWNERS)), unique=True)
    # Half of the files have what makes several owners of one resource, and differences between these.
    all_of_it: dict[str, Any] = {"split": ",:", "owner_keys": "all", "owner": ["Owner", "Department"]}
    several = all_of_it if draw(st.booleans()) else {}
    owners = tuple(sorted(OWNERS) if accounts or several else draw(some))
    routes = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "match": matches(owners, accounts=accounts),
                    "to": st.one_of(
                        st.sampled_from(DESTINATIONS), st.lists(st.sampled_from(DESTINATIONS), min_size=1, unique=True)
                    ),
                },
                optional={"continue": st.booleans()},
            ),
            max_size=6,
        )
    )
    rules = st.fixed_dictionaries(
        {"when": matches(owners, accounts=accounts), "set": st.sampled_from((*SEVERITIES, "error", "Debug"))}
    )
    ignores = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "match": matches(owners, accounts=accounts, may_type=False, at_least=1),
                    "reason": st.just("no news"),
                    "expires": st.sampled_from((*DATES, *MOMENTS)),
                },
                optional={"from": st.sampled_from((*BEGINNINGS, *DATES))},
            ).filter(ends_after_it_begins),
            max_size=3,
        )
    )
    sections: dict[str, st.SearchStrategy[Any]] = {
        "tags": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(("Name", ["Department", "Name"])),
                "owner": st.sampled_from(("owner", ["Department", "Owner"], ["Department", "Owner"])),
                "owner_keys": st.sampled_from(("first", "all")),
                "owner_case": st.sampled_from(("exact", "ignore")),
                "split": st.sampled_from(SPLITS),
                "ignore": st.sampled_from(([], [{"key": "Environment", "values": ["PROD", True]}])),
                "mute_until": st.sampled_from((None, "Department", "notify:mute-until")),
                "severity": st.sampled_from((None, "environment", "Owner")),
            },
        ),
        "bounds": st.fixed_dictionaries(
            {},
            optional={
                "max_mute_days": st.sampled_from((1, 30)),
                "severity": st.sampled_from(({"at_least": "info"}, {"at_most": "WARN"}, {"at_least": "warn"})),
                "protected": st.sampled_from(([], ["infra.own.*"])),
            },
        ),
        "severity_rules": st.lists(rules, max_size=3),
    }
    content: dict[str, Any] = {
        "version": 1,
        "defaults": {"fallback": "platform"} | draw(st.sampled_from(({}, {"timezone": "Europe/Berlin"}))),
        "owners": {name: {"aliases": list(OWNERS[name])} for name in owners},
        "destinations": {name: {"emails": [f"{name}@example.org"]} for name in DESTINATIONS},
        "routes": [{"name": f"route-{n}"} | route for n, route in enumerate(routes)],
        "ignore": [{"name": f"ignore-{n}"} | rule for n, rule in enumerate(ignores)],
    }
    content |= draw(st.fixed_dictionaries({}, optional=sections))
    if not several:
        return content
    content["routes"] += [{"name": f"of-{name}", "match": {"owner": name}, "to": name} for name in DESTINATIONS[1:]]
    rule = {"when": {"owner": draw(st.sampled_from(sorted(OWNERS)))}, "set": draw(st.sampled_from(("debug", "fatal")))}
    return content | {
        "tags": content.get("tags", {}) | several,
        "severity_rules": [rule, *content.get("severity_rules", [])],
    }


def ends_after_it_begins(ignore: Mapping[str, Any]) -> bool:
    """Whether an ignore ends after it begins, in any zone of these files: others are refused."""
    return "from" not in ignore or ignore["from"][:10] < ignore["expires"][:10]


def live(values: Mapping[str, str | None]) -> Tags:
    return Tags(values={key: value for key, value in values.items() if value is not None}, status=TagsStatus.LIVE)


meaningful = st.fixed_dictionaries(
    {key: st.sampled_from((None, *values, *values, *values, None, *HOSTILE)) for key, values in TAGS.items()}
).map(live)
unheard_of = st.dictionaries(st.text(), st.text(), max_size=2).map(live)
unavailable = st.just(Tags(status=TagsStatus.UNAVAILABLE, unavailable="throttled"))

parents = st.lists(
    st.builds(Parent, resource=st.sampled_from(("arn:aws:s3:::a", "none")), tags=st.one_of(meaningful, unavailable)),
    max_size=2,
).map(tuple)

events = st.builds(
    resource_event,
    type=st.sampled_from(TYPES),
    state=st.sampled_from(STATES),
    severity=st.sampled_from(Severity),
    resource=st.sampled_from(
        (
            *("arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "arn:aws:ec2:eu-west-1:444455556666:instance/i-1"),
            *("arn:aws:s3:::b", "arn:aws:iam::aws:policy/p", "a sentence"),
        )
    ),
    phase=st.sampled_from((None, *Phase)),
    transitional=st.booleans(),
    drill=st.booleans(),
    parents=parents,
    owner=st.sampled_from(("", "", "payments", "stranger")),
    account_id=st.sampled_from((*ACCOUNTS, "somewhere")),
    labels=st.sampled_from(({}, {}, {"product": "Inspector"}, {"product": "GuardDuty"}, {"Product": "Inspector"})),
    tags=st.sampled_from((meaningful, meaningful, meaningful, unheard_of, unavailable)).flatmap(lambda tags: tags),
)
