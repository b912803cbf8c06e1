"""The tests of a routing file: each gives an event in short form, and expects parts of the decision on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra_events.domain.event import Phase, ResourceEvent, Severity, Status
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.time import expiry
from infra_events.routing.decision import Decision, decide
from infra_events.routing.model import Routing
from scripts.compile.routing.match import text, texts

AT = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of a test that names none: always the same, so that a test that passed today passes tomorrow."""

RESOURCE = "a-resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """The decision on a test's event, and in what it differs from what the test expects; a test without passed."""

    name: str
    decision: Decision
    differences: Sequence[str]


def run(tests: Sequence[Mapping[str, Any]], routing: Routing) -> list[CaseResult]:
    """Return the results of tests, which are in the form of the file, under its routing."""
    return [_run(test, routing) for test in tests]


def event(given: Mapping[str, Any]) -> ResourceEvent:
    """Return the event that a test gives; fields that the test leaves out are empty.

    Its resource has the given tags and no others, and they count as just read.
    """
    return ResourceEvent(
        id="test",
        time=AT,
        type=given["type"],
        source=_source(given),
        severity=Severity[given.get("severity", Severity.INFO.name).upper()],
        account_id=text(given.get("account_id", "")),
        region=given.get("region", ""),
        actor=text(given.get("actor", "")),
        owner=given.get("owner", ""),
        resource=text(given.get("resource", RESOURCE)),
        state=text(given["to"]),
        previous_state=text(given.get("from", "")),
        phase=Phase(given["phase"]) if "phase" in given else None,
        transitional=given.get("transitional", False),
        status=Status(given.get("status", Status.EVENT)),
        drill=given.get("drill", False),
        labels={label: text(value) for label, value in given.get("labels", {}).items()},
        tags=Tags(values={key: text(value) for key, value in given.get("tags", {}).items()}, status=TagsStatus.LIVE),
    )


def expected_routes(test: Mapping[str, Any]) -> list[str]:
    """Return the names of the routes that a test expects; none where it expects the fallback, or no route at all."""
    return texts(test["expect"].get("route") or [])


def _source(given: Mapping[str, Any]) -> str:
    """Return the given source, or the given service's, or the type's: ``aws.ec2`` of ``infra.aws.ec2.…``."""
    if "source" in given:
        return str(given["source"])
    return f"aws.{given['service']}" if "service" in given else ".".join(given["type"].split(".")[1:3])


def _run(test: Mapping[str, Any], routing: Routing) -> CaseResult:
    given = test["given"]
    at = expiry(given["at"], routing.zone) if "at" in given else AT
    decision = decide(routing, event(given), at)
    return CaseResult(name=test["name"], decision=decision, differences=list(_differences(test, decision)))


def _differences(test: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    actual = {
        "outcome": decision.result.value,
        "route": list(decision.routes),
        "to": sorted(decision.destinations),
        "owner": decision.owner,
        "severity": decision.severity.name,
        "reason": decision.reason,
    }
    for key, value in _expected(test).items():
        if value not in actual[key] if key == "reason" else value != actual[key]:
            yield f"{key} is {_shown(actual[key])}, not {_shown(value)}"


def _expected(test: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a test expects, in the form in which a decision has it."""
    stated = test["expect"]
    expected = dict(stated)
    if "route" in stated:
        expected["route"] = expected_routes(test)
        if stated["route"] is None and "outcome" not in stated:
            # The fallback: no route, but the event is sent. Without this, suppressed events would pass too.
            expected["outcome"] = "send"
    if "to" in stated:
        expected["to"] = sorted(set(texts(stated["to"])))
    if "owner" in stated:
        expected["owner"] = stated["owner"] or ""
    if "severity" in stated:
        expected["severity"] = stated["severity"].upper()
    return expected


def _shown(value: str | list[str]) -> str:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else f"[{', '.join(value)}]" if value else ""
    return value or "none"
