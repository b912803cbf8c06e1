"""Routing files and functions agree: an oracle that reads the YAML without the code comes to the same decisions.

The oracle below interprets a file's own content, one rule after the other; the code compiles it and looks little up.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra_events.domain.event import Phase, ResourceEvent, Severity
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.routing import compiled as routing_wire
from infra_events.routing.decision import Decision, Result, decide
from infra_events.routing.model import Routing
from scripts import environments, project
from scripts.compile import catalogue
from scripts.compile.routing import check as routing
from scripts.compile.routing import checks
from scripts.compile.routing import file as routing_file
from scripts.compile.routing.document import document
from scripts.compile.routing.file import RoutingFile
from tests.support.builders import SECURITY, resource_event, routing_document

DOCUMENTATION = project.ROOT / "docs" / "routing.md"
FILES = [file for name in environments.names() if (file := environments.files(name).routing).exists()]
SCHEMA = json.loads(routing_file.SCHEMA.read_text(encoding="utf-8"))
CONSUMER = SCHEMA["properties"]["owners"]["additionalProperties"]["properties"]["consumers"]["items"]
PRINCIPAL = r"^([0-9]{12}|arn:[^:]+:iam::[0-9]{12}:(root|role/.+))$"
"""What the modules accept as a principal: an account, or the ARN of an account or role, in any partition."""

ALLOWED = ("no test expects", "nothing ever gets here", "no event could satisfy")
"""Errors of a file that can be decided on all the same."""

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
HOSTILE = (
    *("", "*", "!prod", "tomorrow", "20260329", "loud", "x" * 256, "a\r\nBcc: b@c.example"),
    *("attacker@evil.example", "arn:aws:sns:eu-west-1:111122223333:theirs", "https://evil.example/hook"),
)
NAMES = (*OWNERS, *(alias for aliases in OWNERS.values() for alias in aliases), " payments ", "PAYMENTS")
TAGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Owner", "owner", "OWNER", "Department"), NAMES),
    "Environment": ("prod", "PROD", "true", "debug", "fatal"),
    "Name": ("web", "worker", " web "),
    "notify:ignore": ("true", "TRUE", " true ", "false"),
    "Notify:Mute-Until": (*MOMENTS, *DATES),
    "notify:severity": ("debug", "Fatal", "ERROR", "info"),
}
"""Keys that mean something, and values that do."""


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One value, a list, or a list that negates."""
    several = st.lists(values, min_size=1, max_size=3, unique_by=json.dumps)
    return st.one_of(values, several, several.map(lambda texts: [f"!{text(one)}" for one in texts]))


def text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def matches(draw: st.DrawFn, owners: tuple[str, ...], *, may_type: bool = True, at_least: int = 0) -> dict[str, Any]:
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
        "tag.ENVIRONMENT": one_or_more(st.sampled_from(("prod", "pr*", "*", "true"))),
        "tag.owner": one_or_more(st.sampled_from(("payments", "pay*", "x*"))),
    }
    if owners:
        keys["owner"] = one_or_more(st.sampled_from((*owners, "*")))
    if may_type:
        keys["type"] = one_or_more(st.sampled_from((*TYPES, "infra.aws.*", "*.state_changed", "infra.*.root.*")))
    chosen = draw(st.lists(st.sampled_from(sorted(keys)), min_size=at_least, max_size=3, unique=True))
    return {key: draw(keys[key]) for key in chosen}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Content of a routing file, with anything left out that may be."""
    owners = tuple(draw(st.lists(st.sampled_from(sorted(OWNERS)), unique=True)))
    routes = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "match": matches(owners),
                    "to": st.one_of(
                        st.sampled_from(DESTINATIONS), st.lists(st.sampled_from(DESTINATIONS), min_size=1, unique=True)
                    ),
                },
                optional={"continue": st.booleans()},
            ),
            max_size=6,
        )
    )
    rules = st.fixed_dictionaries({"when": matches(owners), "set": st.sampled_from((*SEVERITIES, "error", "Debug"))})
    ignores = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "match": matches(owners, may_type=False, at_least=1),
                    "reason": st.just("no news"),
                    "expires": st.sampled_from((*DATES, *MOMENTS)),
                }
            ),
            max_size=3,
        )
    )
    sections: dict[str, st.SearchStrategy[Any]] = {
        "tags": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(("Name", ["Department", "Name"])),
                "owner": st.sampled_from(("owner", ["Department", "Owner"])),
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
    return {
        "version": 1,
        "defaults": {"fallback": "platform"} | draw(st.sampled_from(({}, {"timezone": "Europe/Berlin"}))),
        "owners": {name: {"aliases": list(OWNERS[name])} for name in owners},
        "destinations": {name: {"emails": [f"{name}@example.org"]} for name in DESTINATIONS},
        "routes": [{"name": f"route-{n}"} | route for n, route in enumerate(routes)],
        "ignore": [{"name": f"ignore-{n}"} | rule for n, rule in enumerate(ignores)],
    } | draw(st.fixed_dictionaries({}, optional=sections))


def live(values: Mapping[str, str | None]) -> Tags:
    return Tags(values={key: value for key, value in values.items() if value is not None}, status=TagsStatus.LIVE)


meaningful = st.fixed_dictionaries(
    {key: st.sampled_from((None, *values, *values, *values, None, *HOSTILE)) for key, values in TAGS.items()}
).map(live)
unheard_of = st.dictionaries(st.text(), st.text(), max_size=2).map(live)
unavailable = st.just(Tags(status=TagsStatus.UNAVAILABLE, unavailable="throttled"))

events = st.builds(
    resource_event,
    type=st.sampled_from(TYPES),
    state=st.sampled_from(STATES),
    severity=st.sampled_from(Severity),
    resource=st.sampled_from(("arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "arn:aws:s3:::b", "a sentence")),
    phase=st.sampled_from((None, *Phase)),
    transitional=st.booleans(),
    drill=st.booleans(),
    owner=st.sampled_from(("", "", "payments", "stranger")),
    tags=st.sampled_from((meaningful, meaningful, meaningful, unheard_of, unavailable)).flatmap(lambda tags: tags),
)


class Oracle:
    """One file's content, interpreted as docs/routing.md describes it: slowly, and without the project's code."""

    def __init__(self, content: Mapping[str, Any], event: ResourceEvent, at: datetime) -> None:
        self.content, self.event, self.at = content, event, at
        self.zone = ZoneInfo(content["defaults"].get("timezone", "Etc/UTC"))
        bounds = content.get("bounds", {})
        self.least = Severity[bounds.get("severity", {}).get("at_least", "debug").upper()]
        self.most = Severity[bounds.get("severity", {}).get("at_most", "fatal").upper()]
        self.days = timedelta(days=bounds.get("max_mute_days", 30))
        self.protected = any(like(one, event.type) for one in (*SECURITY, *bounds.get("protected", [])))
        self.severity = event.severity

    def decide(self) -> tuple[str, str, str, list[str], list[str]]:
        """Return outcome, owner, severity, routes, destinations."""
        ignores = [rule for rule in self.content["ignore"] if self.ends(rule["expires"]) > self.at]
        asks_tags = [any(self.of_tags(key) for key in rule["match"]) for rule in ignores]
        if self.ignored([rule for rule, late in zip(ignores, asks_tags, strict=True) if not late]):
            return "suppress", "", self.event.severity.name, [], []
        self.set_severity()
        owner, severity = self.owner(), self.severity.name
        silenced = not self.protected and (self.tagged_silent() or self.muted())
        if silenced or self.ignored([rule for rule, late in zip(ignores, asks_tags, strict=True) if late]):
            return "suppress", owner, severity, [], []
        routes = []
        for route in self.content["routes"]:
            if self.holds(route["match"]):
                routes.append(route)
                if not route.get("continue"):
                    break
        notified = [name for route in routes for name in listed(route["to"])] or ["platform"]
        return "send", owner, severity, [route["name"] for route in routes], list(dict.fromkeys(notified))

    @staticmethod
    def of_tags(key: str) -> bool:
        return key in ("owner", "name", "severity") or key.startswith("tag.")

    def ignored(self, ignores: list[Mapping[str, Any]]) -> bool:
        return not self.protected and any(self.holds(rule["match"]) for rule in ignores)

    def tag(self, key: str) -> str | None:
        same = sorted(one for one in self.event.tags.values if one.casefold() == key.casefold())
        return self.event.tags.values[same[0]] if same else None

    def keys(self, name: str, otherwise: Any) -> Any:
        return self.content.get("tags", {}).get(name, otherwise)

    def owner(self) -> str:
        owners = self.content["owners"]
        for key in listed(self.keys("owner", "Owner")):
            value = (self.tag(key) or "").strip()
            for name, owner in owners.items():
                if value == name or value in owner["aliases"]:
                    return str(name)
        return self.event.owner if self.event.owner in owners else ""

    def set_severity(self) -> None:
        for rule in self.content.get("severity_rules", []):
            if self.holds(rule["when"]):
                self.severity = Severity[rule["set"].upper()]
                break
        key = self.keys("severity", "notify:severity")
        wanted = (self.tag(key) or "").strip().upper() if key else ""
        if wanted in SEVERITIES:
            bounded = min(max(Severity[wanted], self.least), self.most)
            if not self.protected or bounded >= self.severity:
                self.severity = bounded

    def tagged_silent(self) -> bool:
        tags = self.keys("ignore", [{"key": "notify:ignore", "values": ["true"]}])
        return any(
            (self.tag(one["key"]) or "").strip().casefold() in [text(value).casefold() for value in one["values"]]
            for one in tags
        )

    def muted(self) -> bool:
        key = self.keys("mute_until", "notify:mute-until")
        value = (self.tag(key) or "").strip() if key else ""
        if value not in MOMENTS and value not in DATES:
            return False
        return self.at < self.ends(value) <= self.at + self.days

    def ends(self, value: str) -> datetime:
        if value in MOMENTS:
            return MOMENTS[value]
        return datetime.combine(date.fromisoformat(value) + timedelta(days=1), time(), self.zone)

    def fact(self, key: str) -> str | None:
        event = self.event
        _, _, service, region, _, resource = (*event.resource.split(":", 5), *[""] * 6)[:6]
        kind, slash, _ = resource.partition("/")
        is_arn = event.resource.startswith("arn:")
        names = (self.tag(one) for one in listed(self.keys("name", "Name")))
        facts = {
            "type": event.type,
            "to": event.state,
            "severity": self.severity.name,
            "transitional": text(event.transitional),
            "drill": text(event.drill),
            "phase": event.phase,
            "resource_type": (f"{service}:{kind}" if slash else service) if is_arn else None,
            "region": region,
            "name": next((name.strip() for name in names if name and name.strip()), None),
            "owner": self.owner(),
        }
        if key.startswith("tag."):
            return self.tag(key.removeprefix("tag."))
        return facts[key] or None

    def holds(self, match: Mapping[str, Any]) -> bool:
        return all(self.satisfied(key, [text(one) for one in listed(value)]) for key, value in match.items())

    def satisfied(self, key: str, wanted: list[str]) -> bool:
        fact = self.fact(key)
        if wanted[0].startswith("!"):
            return not any(self.is_(key, fact, one[1:]) for one in wanted)
        return any(self.is_(key, fact, one) for one in wanted)

    @staticmethod
    def is_(key: str, fact: str | None, wanted: str) -> bool:
        if fact is None:
            return False
        if key == "severity":
            level = Severity[wanted.lstrip("<>=").upper()]
            mine = Severity[fact]
            return mine >= level if wanted[0] == ">" else mine <= level if wanted[0] == "<" else mine == level
        return like(wanted, fact)


def like(pattern: str, value: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value, re.DOTALL) is not None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def reordered(value: Any) -> Any:
    """The same content, the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: reordered(one) for key, one in reversed(value.items())}
    return [reordered(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("routing")


def compiled(content: Mapping[str, Any], folder: Path) -> Routing:
    """Compile content by way of a file (JSON is YAML), which may have the errors of ``ALLOWED`` and no others."""
    file = folder / "any.routing.yaml"
    file.write_text(json.dumps(content))
    source = RoutingFile(file)
    assert [str(error) for error in checks.errors(source) if not any(words in str(error) for words in ALLOWED)] == []
    return routing_wire.read(routing_wire.write(document(source)).decode(), "digest")


def summary(decision: Decision) -> tuple[str, str, str, list[str], list[str]]:
    return (
        decision.result.value,
        decision.owner,
        decision.severity.name,
        list(decision.routes),
        list(decision.destinations),
    )


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(content=documents(), several=st.lists(events, min_size=12, max_size=12))
def test_any_file_decides_on_any_event_as_it_reads(
    folder: Path, content: dict[str, Any], several: list[ResourceEvent]
) -> None:
    by, turned = compiled(content, folder), compiled(reordered(content), folder)
    for event in several:
        decision = decide(by, event, NOON)
        assert summary(decision) == Oracle(content, event, NOON).decide()
        assert decision == decide(by, event, NOON) == decide(turned, event, NOON)
        assert bool(decision.destinations) is (decision.result is Result.SEND), "sent to destinations, or suppressed"
        assert decision.reason
        if by.protects(event.type):
            assert decision.result is Result.SEND


@cache
def types_given() -> frozenset[str]:
    """Every type of the catalogue, and what is unmapped of its sources."""
    entries = catalogue.compiled()["entries"]
    of_entries = {entry[key] for entry in entries for key in ("type", "failure_type")}
    return frozenset(of_entries | {f"infra.{source}.unmapped" for entry in entries for source in entry["sources"]})


@pytest.mark.parametrize("pattern", SECURITY)
def test_what_is_protected_exists(pattern: str) -> None:
    assert any(like(pattern, given) for given in types_given())


def test_a_channel_has_one_field() -> None:
    destination = SCHEMA["properties"]["destinations"]["additionalProperties"]["properties"]
    served = [field["x-channel"] for field in destination.values() if "x-channel" in field]
    assert served
    assert len(set(served)) == len(served), "the targets of one field would take the place of the other's"


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(consumer=st.from_regex(re.compile(CONSUMER["pattern"], re.ASCII), fullmatch=True))
def test_terraform_accepts_the_consumers_that_a_routing_file_may_name(consumer: str) -> None:
    assert re.fullmatch(PRINCIPAL, consumer)


def test_terraform_knows_one_form_of_principals() -> None:
    written = [
        pattern
        for file in (project.ROOT / "terraform").rglob("*.tf")
        for pattern in re.findall(r'"(\^\(\[0-9\][^"]*:iam::[^"]*)"', file.read_text())
    ]
    assert set(written) == {PRINCIPAL}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_files_that_are_shipped_have_no_findings(file: Path) -> None:
    checked = routing.check(file)
    assert [str(finding) for finding in (*checked.errors, *checked.warnings)] == []
    assert checked.results


@pytest.mark.parametrize(
    "file", sorted((project.ROOT / "terraform").glob("*/routing/*.yaml")), ids=lambda file: file.stem
)
def test_the_files_of_terraforms_tests_are_compiled(file: Path) -> None:
    assert file.with_suffix(".json").read_bytes() == routing.compiled(file)


def test_the_file_that_the_documentation_shows_is_right(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "shown.routing.yaml"
    file.write_text(shown)
    checked = routing.check(file)
    assert list(checked.errors) == []
    assert [path in str(finding) for finding, path in zip(checked.warnings, ["payments.chat"], strict=True)] == [True]


def test_a_compiled_file_has_the_form_that_tests_build() -> None:
    def form(value: Any) -> Any:
        return {key: form(one) for key, one in value.items()} if isinstance(value, dict) else type(value)

    document, built = json.loads(routing.compiled(FILES[0])), routing_document()
    for part in (document, built):
        part["owners"] = part["owners"]["payments"]
        part["destinations"] = part["destinations"]["payments"]
    assert form(document) == form(built)
    assert document["routes"][0].keys() == built["routes"][0].keys()
