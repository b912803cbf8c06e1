"""Explains who would hear of an event, step by step: `python -m scripts.analyse.explain --routing FILE --event FILE`.

The decision is the functions' own. Tags are what `--tags` says, or what the event itself carries; AWS is not asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.errors import PermanentError
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.text import one_line
from infra_events.domain.time import expiry
from infra_events.ports import Message
from infra_events.routing.decision import Decision, Result, decide
from infra_events.routing.model import Routing
from infra_events.wire import v2
from scripts import project
from scripts.compile import catalogue
from scripts.compile.routing import check as routing
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra_events.domain.event import ResourceEvent

STDIN = "-"
_LINE = 300


def events(body: str, now: datetime) -> Sequence[ResourceEvent]:
    """Read an AWS event as the standardizer does, an event for each resource, or a standard message of version 2.

    Raises PermanentError.
    """
    message = Message(id="explain", body=body, sent_time=now)
    try:
        document = json.loads(body)
    except ValueError:
        document = None  # for the reader to judge
    if isinstance(document, dict) and "specversion" in document:
        return [v2.read(message)]
    return standardize(AwsEvent.read(message), Catalogue(catalogue.compiled()["entries"]))


def told_tags(event: ResourceEvent) -> Tags | None:
    """Return the tags that an event about tags brings along: all that its resource has now."""
    tags = event.raw.get("tags") if event.source == "aws.tag" else None
    if not isinstance(tags, Mapping):
        return None
    values = {key: value for key, value in tags.items() if isinstance(value, str)}
    return Tags(values=values, status=TagsStatus.LIVE, as_of=event.time)


def shown(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON shows it. `route` is a name, several, or null for none: then the fallback is told."""
    routes = list(decision.routes)
    return {
        "outcome": decision.result.value,
        "owner": decision.owner or None,
        "severity": decision.severity.name,
        "route": routes if len(routes) > 1 else routes[0] if routes else None,
        "destinations": list(decision.destinations),
        "reason": decision.reason,
        "steps": [{"step": step.step, "result": step.result, "why": step.why} for step in decision.steps],
    }


def explain(body: str, by: Routing, tags: Mapping[str, str] | None, at: datetime | None) -> list[Explained]:
    """Return each resource's event with its decision; `at` is when the event occurred unless said."""
    try:
        found = events(body, datetime.now(UTC))
    except PermanentError as error:
        raise CommandError(f"this is no event: {error.reason}") from error
    tagged = [replace(event, tags=_tags(event, tags)) for event in found]
    return [
        Explained(event=event, at=at or event.time, decision=decide(by, event, at or event.time)) for event in tagged
    ]


def _tags(event: ResourceEvent, given: Mapping[str, str] | None) -> Tags:
    if given is not None:
        return Tags(values=given, status=TagsStatus.LIVE)
    if event.tags.status is not TagsStatus.NOT_REQUESTED:
        return event.tags
    unknown = Tags(status=TagsStatus.UNAVAILABLE, unavailable="not known here: say --tags Key=value …")
    return told_tags(event) or unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One resource's event, when it was decided on, and how."""

    event: ResourceEvent
    at: datetime
    decision: Decision

    def show(self, console: Console) -> None:
        """Print it for people."""
        event, decision = self.event, self.decision
        console.print(Text(one_line(event.resource, _LINE), style="bold"))
        console.print(Text(one_line(f"{event.type}, {event.state}, as of {self.at.isoformat()}", _LINE), style="dim"))
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for step in decision.steps:
            table.add_row(*(Text(one_line(part, _LINE)) for part in (step.step, step.result, step.why)))
        console.print(table)
        told = ", ".join(decision.destinations)
        words = f"told: {told}" if decision.result is Result.SEND else "nobody is told"
        console.print(
            Text(one_line(f"{words}, because {decision.reason}", 2 * _LINE), style="bold green" if told else "bold")
        )


def _assigned(texts: Sequence[str]) -> dict[str, str]:
    """Read `Key=value` texts."""
    tags = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise CommandError(f"--tags takes Key=value, not {text}")
        tags[key] = value
    return tags


def _body(name: str) -> str:
    try:
        return (sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is no UTF-8 text") from error


def main() -> None:
    """Explain one event: readable, or as JSON, an object a line for each resource."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.analyse.explain", description="Who would hear of an event, and why."
    )
    parser.add_argument("--routing", type=Path, required=True, metavar="FILE", help="a routing file (YAML)")
    parser.add_argument(
        "--event", required=True, metavar="FILE", help="an AWS event or a version-2 message; - is stdin"
    )
    parser.add_argument(
        "--tags", nargs="*", metavar="KEY=VALUE", help="the resource's tags; none after it: it has none"
    )
    parser.add_argument("--at", metavar="TIME", help="when it is decided; otherwise when the event occurred")
    parser.add_argument("--json", action="store_true", help="for programs")
    asked = parser.parse_args()
    by = routing.read(asked.routing)
    try:
        at = expiry(asked.at, by.zone) if asked.at else None
    except (ValueError, OverflowError) as error:
        raise CommandError(f"--at takes a time such as 2026-01-31T12:00:00Z, not {asked.at}") from error
    explained = explain(_body(asked.event), by, None if asked.tags is None else _assigned(asked.tags), at)
    console = Console(highlight=False, soft_wrap=True)
    for position, one in enumerate(explained):
        if asked.json:
            resource = {"resource": one.event.resource} if len(explained) > 1 else {}
            print(json.dumps(resource | shown(one.decision), ensure_ascii=False))
        else:
            if position:
                console.print()
            one.show(console)


if __name__ == "__main__":
    project.run(main)
