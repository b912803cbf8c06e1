"""The tests that a routing file carries: each an event in short, and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra_events.domain.event import Phase, ResourceEvent, Severity, Status
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.time import expiry
from infra_events.routing.decision import decide
from scripts.compile.routing.coverage import text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from infra_events.routing.decision import Decision
    from infra_events.routing.model import Routing

AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When a test plays that does not say: always the same, so that what passed today passes tomorrow."""

RESOURCE = "a-resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one test: `wrong` says what was expected and is not so; nothing where it passed."""

    name: str
    decision: Decision
    wrong: Sequence[str]


def run(tests: Sequence[Mapping[str, Any]], routing: Routing) -> list[Result]:
    """Run tests, in the form of the file, against its routing."""
    return [_run(test, routing) for test in tests]


def event(given: Mapping[str, Any]) -> ResourceEvent:
    """Return the event that a test speaks of; what it does not say, the event does not say either.

    Its resource has the tags that are given and no others: nothing is unknown.
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
        tags=Tags(values={key: text(value) for key, value in given.get("tags", {}).items()}, status=TagsStatus.LIVE),
    )


def _source(given: Mapping[str, Any]) -> str:
    """Return the given source, or that of the given service, or the one in the type: `aws.ec2` of `infra.aws.ec2.…`."""
    if "source" in given:
        return str(given["source"])
    return f"aws.{given['service']}" if "service" in given else ".".join(given["type"].split(".")[1:3])


def _run(test: Mapping[str, Any], routing: Routing) -> Result:
    given = test["given"]
    at = expiry(given["at"], routing.zone) if "at" in given else AT
    decision = decide(routing, event(given), at)
    return Result(name=test["name"], decision=decision, wrong=list(_wrong(test["expect"], decision)))


def _wrong(expected: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    seen = {
        "outcome": decision.result.value,
        "route": list(decision.routes),
        "to": sorted(decision.destinations),
        "owner": decision.owner,
        "severity": decision.severity.name,
        "reason": decision.reason,
    }
    wanted = dict(expected)
    if "route" in expected:
        wanted["route"] = texts(expected["route"] or [])
        if expected["route"] is None and "outcome" not in expected:
            # No route, but to the fallback all the same.
            wanted["outcome"] = "send"
    if "to" in expected:
        wanted["to"] = sorted(set(texts(expected["to"])))
    if "owner" in expected:
        wanted["owner"] = expected["owner"] or ""
    if "severity" in expected:
        wanted["severity"] = expected["severity"].upper()
    for key, value in wanted.items():
        if value not in seen[key] if key == "reason" else value != seen[key]:
            yield f"{key} is {_shown(seen[key])}, not {_shown(value)}"


def _shown(value: str | list[str]) -> str:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else f"[{', '.join(value)}]" if value else ""
    return value or "none"
