"""Explains who would receive an event, step by step.

The decision is that of the functions. Tags are the given ones, or those that the event itself brings; AWS is not asked.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.errors import PermanentError
from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import Parent, lineage
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.text import one_line
from infra_events.domain.time import expiry
from infra_events.enrichment import event_tags
from infra_events.ports import Message
from infra_events.routing.decision import Decision, Result, decide
from infra_events.routing.model import Routing
from infra_events.wire import v2
from scripts import options
from scripts.compile import catalogue
from scripts.compile.routing import check
from scripts.project import CommandError, UsageError

STDIN = "-"
UNKNOWN = Tags(status=TagsStatus.UNAVAILABLE, unavailable="not known here: pass --tag KEY=VALUE")
_LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One resource's event, as of when it was decided on, and the decision."""

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
        sent = decision.result is Result.SEND
        outcome = f"sent to {', '.join(decision.destinations)}" if sent else "suppressed"
        text = one_line(f"{outcome}, because {decision.reason}", 2 * _LINE)
        console.print(Text(text, style="bold green" if sent else "bold"))


def events(body: str, known: Catalogue, now: datetime) -> Sequence[ResourceEvent]:
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
    return standardize(AwsEvent.read(message), known)


def document(decision: Decision) -> dict[str, Any]:
    """Return a decision for JSON; ``route`` is a name, several, or null where no route matched: the fallback then."""
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


def decisions(
    body: str, known: Catalogue, by: Routing, tags: Mapping[str, str] | None, at: datetime | None
) -> list[Explained]:
    """Return each resource's event with its decision, as of ``at``, by default as of when the event occurred.

    ``tags`` are the resource's; None for those that the event brings. Raises CommandError for what is no event.
    """
    try:
        found = events(body, known, datetime.now(UTC))
    except PermanentError as error:
        raise CommandError(f"this is no event: {error.reason}") from error
    brought = event_tags.of(found, account_id=found[0].account_id, region=found[0].region)
    tagged = [replace(event, tags=_tags(event, tags, brought), parents=_parents(event)) for event in found]
    return [
        Explained(event=event, at=at or event.time, decision=decide(by, event, at or event.time)) for event in tagged
    ]


def _tags(event: ResourceEvent, given: Mapping[str, str] | None, brought: Mapping[str, Tags]) -> Tags:
    if given is not None:
        return Tags(values=given, status=TagsStatus.LIVE)
    if event.tags.status is not TagsStatus.NOT_REQUESTED:
        return event.tags
    return brought.get(event.resource, UNKNOWN)


def _parents(event: ResourceEvent) -> tuple[Parent, ...]:
    if event.tags.status is not TagsStatus.NOT_REQUESTED:
        return event.parents
    return tuple(replace(parent, tags=UNKNOWN) for parent in lineage(event.resource, event.parents))


def _assigned(texts: Sequence[str]) -> dict[str, str]:
    """Read ``KEY=VALUE`` texts. Raises UsageError."""
    tags = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise UsageError(f"--tag takes KEY=VALUE, not {text}")
        tags[key] = value
    return tags


def _body(name: str) -> str:
    try:
        return (sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is no UTF-8 text") from error


@click.command
@options.routing
@click.option("--event", metavar="FILE", required=True, help="An AWS event or a version-2 message; - is stdin.")
@click.option("--tag", "tags", metavar="KEY=VALUE", multiple=True, help="A tag of the resource; may be repeated.")
@click.option("--no-tags", is_flag=True, help="The resource has no tags.")
@click.option("--at", metavar="TIME", help="Decide as of this time, not as of when the event occurred.")
@options.as_json
def explain(  # noqa: PLR0913 - a parameter for each option
    routing: Path | None, event: str, tags: Sequence[str], at: str | None, *, no_tags: bool, as_json: bool
) -> None:
    """Show who would receive an event, and why: make explain EVENT=<file> ROUTING=<file>.

    Without --tag and --no-tags the tags are those that the event brings. With --json: an object a line, one for each
    resource.
    """
    if routing is None:
        raise click.UsageError("Missing option '--routing'.")
    if tags and no_tags:
        raise UsageError("--tag and --no-tags exclude each other")
    by = check.read(routing)
    try:
        moment = expiry(at, by.zone) if at else None
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--at takes a time such as 2026-01-31T12:00:00Z, not {at}") from error
    given = _assigned(tags) if tags or no_tags else None
    known = Catalogue(catalogue.compiled()["entries"])
    explained = decisions(_body(event), known, by, given, moment)
    console = Console(highlight=False, soft_wrap=True)
    for position, one in enumerate(explained):
        if as_json:
            resource = {"resource": one.event.resource} if len(explained) > 1 else {}
            click.echo(json.dumps(resource | document(one.decision), ensure_ascii=False))
        else:
            if position:
                console.print()
            one.show(console)
