"""Tests an archive of events: with the functions' code, its catalogue and, if asked, a routing, without AWS."""

import json
import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aws_service_event_handler import generic
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.publish import WRITERS
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Parked, Retried, attempt
from infra_events.domain.text import one_line
from infra_events.ports import Message
from scripts import options
from scripts.analyse import event_files
from scripts.analyse.routing_replay import Replay
from scripts.compile import catalogue
from scripts.compile.routing import check
from scripts.project import CommandError, UsageError

NEVER = datetime.fromtimestamp(0, UTC)
"""Stands for the time at which a queue received an event; fixed, so that two runs give the same report."""

UNREAD = "(unreadable)"
NAME = 40
"""How many characters of a service's name the table shows."""
PROGRESS = 1_000
"""After how many events a terminal shows the progress."""
SHOWN = 20
"""How many problems are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What became of one event: its service, its line in the report, and our fault, empty where there is none."""

    service: str
    line: Mapping[str, Any]
    fault: str = ""


@dataclass(slots=True)
class Tally:
    """What became of all events, by service."""

    services: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> Counter[str]:
        """All services together."""
        return sum(self.services.values(), Counter())

    def add(self, service: str, line: Mapping[str, Any]) -> None:
        """Count one event by its line in the report."""
        outcome = "parked" if line["parked"] else "mapped" if line["mapped"] else "unmapped"
        self.services[service].update(("events", outcome))

    def table(self) -> Table:
        """Return the counts by service as a table."""
        columns = ("events", "mapped", "unmapped", "parked")
        table = Table("service", box=None, header_style="bold", show_footer=True)
        table.columns[0].footer = "all"
        for name in columns:
            table.add_column(name, justify="right", footer=f"{self.total[name]:,}")
        for service, counts in sorted(self.services.items()):
            table.add_row(
                escape(one_line(service, NAME)), *(f"{counts[name]:,}" if counts[name] else "" for name in columns)
            )
        return table


class Backtest:
    """The function's code with the catalogue of this checkout, and no topic; with a routing, its decisions too."""

    def __init__(self, known: Catalogue, replay: Replay | None = None) -> None:
        self._catalogue = known
        self._replay = replay

    def __call__(self, file: str, index: int, body: str) -> Tested:
        """Test the event with this number, from 0, of a file."""
        line: dict[str, Any] = {"file": file, "index": index, "mapped": False, "v1": [], "v2": [], "parked": None}
        if self._replay:
            line["decisions"] = []
        result = attempt(self._run, Message(id=f"{file}#{index}", body=body, sent_time=NEVER))
        if isinstance(result, Parked):
            return Tested(service=_source(body), line=line | {"parked": f"{result.code}: {result.reason}"})
        if isinstance(result, Retried):  # the function would, until its queue gives up: a fault of ours
            parked = {"parked": f"exhausted: {result.reason}"}
            return Tested(service=_source(body), line=line | parked, fault=result.reason)
        events, written = result
        mapped = not events[0].type.endswith(generic.UNMAPPED)
        documents = [json.loads(text) for text in written["2"]]
        line |= {"mapped": mapped, "v1": written["1"], "v2": documents}
        if self._replay:
            line["decisions"] = [self._replay(event) for event in events]
        return Tested(service=events[0].source, line=line)

    def _run(self, message: Message) -> tuple[Sequence[ResourceEvent], dict[str, list[str]]]:
        events = standardize(AwsEvent.read(message), self._catalogue)
        return events, {version: [write(event).body for event in events] for version, write in WRITERS.items()}


def _source(body: str) -> str:
    with suppress(ValueError, RecursionError, TypeError, KeyError):
        if isinstance(source := json.loads(body)["source"], str):
            return source
    return UNREAD


def run(path: Path, known: Catalogue, report: Path | None, console: Console, replay: Replay | None = None) -> Tally:
    """Test every event below ``path``; write the report, and return what became of them."""
    test = Backtest(known, replay)
    tally = Tally()
    done = 0
    with _report(report) as out, console.status("") as status:
        for name, file in event_files.files(path, report):
            try:
                for index, piece in enumerate(event_files.pieces(file)):
                    if piece.problem:
                        tally.problems.append(f"{name}: {piece.problem}")
                    if piece.body is None:
                        continue
                    tested = test(name, index, piece.body)
                    tally.add(tested.service, tested.line)
                    if tested.fault:
                        tally.problems.append(f"{name}: event {index}: {tested.fault}")
                    out.write(json.dumps(tested.line, ensure_ascii=False, separators=(",", ":")) + "\n")
                    done += 1
                    if done % PROGRESS == 0:
                        status.update(f"{done:,} events, now {name}")
            except (OSError, EOFError, zlib.error) as error:
                tally.problems.append(f"{name}: cannot be read: {error}")
    return tally


@contextmanager
def _report(file: Path | None) -> Iterator[IO[str]]:
    """Yield a report that is either the old one or the whole new one."""
    if file is None:
        with Path(os.devnull).open("w") as nowhere:
            yield nowhere
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as out:
            yield out
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _tags(file: Path) -> dict[str, dict[str, str]]:
    """Read tags by resource, as JSON: {"arn:…": {"Owner": "payments"}}. Raises CommandError."""
    try:
        tags = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read as JSON: {error}") from error
    sound = isinstance(tags, dict) and all(
        isinstance(values, dict) and all(isinstance(value, str) for value in values.values())
        for values in tags.values()
    )
    if not sound:
        raise CommandError(f'{file} must be one object of tags by ARN: {{"arn:…": {{"Owner": "payments"}}}}')
    return cast("dict[str, dict[str, str]]", tags)


@click.command
@click.argument("events", type=click.Path(path_type=Path))
@click.option("--jsonl", metavar="REPORT", type=click.Path(path_type=Path), help="Write one line of JSON an event.")
@options.routing
@click.option("--tags", metavar="FILE", type=click.Path(path_type=Path), help="With --routing: JSON of tags by ARN.")
def backtest(events: Path, jsonl: Path | None, routing: Path | None, tags: Path | None) -> None:
    """Show what your events would become: make backtest EVENTS=<folder or file>.

    EVENTS is a folder, or a .json, .ndjson or .jsonl file (.gz too). With --routing: who would receive what.
    The exit status is 1 when an event could not be read, or had no outcome.
    """
    if not events.exists():
        raise UsageError(f"{events} does not exist")
    if tags and not routing:
        raise UsageError("--tags needs --routing: only a routing asks for tags")
    known = Catalogue(catalogue.compiled()["entries"])
    replay = Replay(check.read(routing), _tags(tags) if tags else {}) if routing else None
    tally = run(events, known, jsonl, Console(stderr=True), replay)
    if not tally.services and not tally.problems:
        raise CommandError(f"there are no events in {events}: no {', no '.join(event_files.SUFFIXES)}")
    console = Console()
    console.print(tally.table())
    for part in replay.tables() if replay else ():
        console.print()
        console.print(part)
    if tally.problems:
        more = len(tally.problems) - SHOWN
        named = tally.problems[:SHOWN] + ([f"… and {more:,} more"] if more > 0 else [])
        raise CommandError("\n       ".join(one_line(problem, 300) for problem in named))
