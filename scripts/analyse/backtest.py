"""Tests an archive of events: with the functions' code, its catalogue and, if asked, a routing, without AWS."""

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from aws_service_event_handler import generic
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.publish import WRITERS
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Parked, Retried, attempt
from infra_events.domain.text import one_line
from infra_events.ports import Message
from scripts import environments, options
from scripts.analyse import event_files, known_tags, rules
from scripts.analyse.event_files import Listing, Piece
from scripts.analyse.explanation import EXHAUSTED
from scripts.analyse.routing_replay import Replay
from scripts.analyse.rules import Rules
from scripts.compile import catalogue
from scripts.compile.routing import check
from scripts.project import CommandError, UsageError

NEVER = datetime.fromtimestamp(0, UTC)
"""Stands for the time at which a queue received an event; fixed, so that two runs give the same report."""

UNREADABLE = "(unreadable)"
NO_SOURCE = "(no source)"
NAME = 40
"""How many characters of a service's name the table shows."""
PROGRESS = 1_000
"""After how many events a terminal shows the progress."""
SHOWN = 8
"""How many reasons, and how many files without events, are named one by one."""
REASON = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What became of one event: its service, its line in the report, and our fault, empty where there is none."""

    service: str
    line: Mapping[str, Any]
    fault: str = ""


@dataclass(slots=True)
class Tally:
    """What became of all events, by service; which were not caught, by service and why; why events were parked."""

    services: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> Counter[str]:
        """All services together."""
        return sum(self.services.values(), Counter())

    def add(self, service: str, line: Mapping[str, Any]) -> None:
        """Count one piece by its line in the report."""
        if service == UNREADABLE:
            self.services[service].update(("unreadable",))
            return
        outcome = "parked" if line["parked"] else "mapped" if line["mapped"] else "unmapped"
        self.services[service].update(("events", outcome, *(["caught"] if line["caught"] else [])))
        if line["parked"]:
            self.parked[line["parked"]] += 1
        if not line["caught"]:
            self.missed[service, f"{line['select']} is not selected" if line["select"] else "no rule for it"] += 1

    def tables(self) -> Iterator[Table]:
        """Yield the counts by service, and the most frequent reasons for what is not caught and what is parked."""
        columns = ("events", "caught", "mapped", "unmapped", "parked", "unreadable")
        table = Table("service", box=None, header_style="bold", show_footer=True)
        table.columns[0].footer = "all"
        for name in columns:
            table.add_column(name, justify="right", footer=f"{self.total[name]:,}")
        for service, counts in sorted(self.services.items()):
            table.add_row(
                escape(one_line(service, NAME)), *(f"{counts[name]:,}" if counts[name] else "" for name in columns)
            )
        yield table
        if self.missed:
            yield _counts(("not caught", "because"), self.missed)
        if self.parked:
            yield _counts(("parked",), Counter({(reason,): count for reason, count in self.parked.items()}))


class Backtest:
    """The function's code with the catalogue of this checkout, and no topic; with a routing, its decisions too."""

    def __init__(self, known: Catalogue, selected: Rules, replay: Replay | None = None) -> None:
        self._catalogue = known
        self._rules = selected
        self._replay = replay

    def __call__(self, file: str, index: int, piece: Piece) -> Tested:
        """Test the piece with this number, from 0, of a file."""
        line: dict[str, Any] = {"file": file, "index": index, "caught": None, "select": None, "mapped": False}
        line |= {"v1": [], "v2": [], "parked": None}
        if self._replay:
            line["decisions"] = []
        if piece.problem or piece.body is None:
            return Tested(service=UNREADABLE, line=line | {"parked": f"unreadable: {piece.problem}"})
        document = _document(piece.body)
        caught, select = self._rules.catching(document)
        line |= {"caught": caught or None, "select": select or None}
        result = attempt(self._run, Message(id=f"{file}#{index}", body=piece.body, sent_time=NEVER))
        if isinstance(result, Parked):
            return Tested(service=_source(document), line=line | {"parked": f"{result.code}: {result.reason}"})
        if isinstance(result, Retried):  # the function would, until its queue gives up: a fault of ours
            parked = {"parked": f"{EXHAUSTED}: {result.reason}"}
            return Tested(service=_source(document), line=line | parked, fault=result.reason)
        events, written = result
        mapped = not events[0].type.endswith(generic.UNMAPPED)
        documents = [json.loads(text) for text in written["2"]]
        line |= {"mapped": mapped, "v1": written["1"], "v2": documents}
        if self._replay:
            line["decisions"] = self._replay(events)
        return Tested(service=events[0].source, line=line)

    def _run(self, message: Message) -> tuple[Sequence[ResourceEvent], dict[str, list[str]]]:
        events = standardize(AwsEvent.read(message), self._catalogue)
        return events, {version: [write(event).body for event in events] for version, write in WRITERS.items()}


def _document(body: str) -> Mapping[str, Any]:
    """Return an event as JSON; empty for anything but an object."""
    with suppress(ValueError, RecursionError):
        if isinstance(document := json.loads(body), dict):
            return document
    return {}


def _source(document: Mapping[str, Any]) -> str:
    source = document.get("source")
    return source if source and isinstance(source, str) else NO_SOURCE


def run(listing: Listing, test: Backtest, report: Path | None, console: Console) -> Tally:
    """Test every event of the files; write the report, and return what became of them."""
    tally = Tally()
    done = 0
    with _report(report) as out, console.status("") as status:
        for name, file in listing.files:
            for index, piece in enumerate(event_files.pieces(file)):
                tested = test(name, index, piece)
                tally.add(tested.service, tested.line)
                if problem := piece.problem or tested.fault:
                    tally.problems.append(f"{name}: index {index}, {problem}")
                out.write(json.dumps(tested.line, ensure_ascii=False, separators=(",", ":")) + "\n")
                done += 1
                if done % PROGRESS == 0:
                    status.update(f"{done:,} events, now {name}")
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


def _counts(columns: Sequence[str], counted: Counter[Any]) -> Table:
    """Return the most frequent reasons as a table."""
    table = Table(*columns, box=None, header_style="bold")
    table.add_column("count", justify="right")
    for reason, count in counted.most_common(SHOWN):
        table.add_row(*(Text(one_line(part, REASON)) for part in reason), f"{count:,}")
    if (more := len(counted) - SHOWN) > 0:
        rest = counted.total() - sum(count for _, count in counted.most_common(SHOWN))
        table.add_row(f"… {more:,} more", *([""] * (len(columns) - 1)), f"{rest:,}")
    return table


def _selected(environment: str | None, services: str | None, known: Mapping[str, Any]) -> tuple[Rules, str]:
    """Return the rules of the selected services, and in words which these are. Raises UsageError and CommandError."""
    if environment and services:
        raise UsageError("of --env and --services only one can be given")
    if not (environment or services):
        every = "any service of the catalogue: ENV=… or SERVICES=… selects those of a deployment"
        return Rules(known, tuple(known)), every
    names = rules.selected(environment) if environment else re.split(r"[\s,]+", (services or "").strip(" ,"))
    return Rules(known, names), ", ".join(names) or "no service"


def _routing(file: Path | None, environment: str | None) -> Path | None:
    """Return the routing file: the one that is named, or that of the environment, if it has one."""
    if file or not environment:
        return file
    path = environments.files(environment).routing
    return path if path.exists() else None


def _report_tables(tally: Tally, skipped: Sequence[str], replay: Replay | None, by: str) -> None:
    console = Console(highlight=False)
    for part in (*tally.tables(), *(replay.tables() if replay else ())):
        console.print(part)
        console.print()
    console.print(Text(f"Caught: by a rule of {by}."))
    if skipped:
        more = "" if len(skipped) <= SHOWN else ", …"
        named = one_line(", ".join(skipped[:SHOWN]), 2 * REASON)
        console.print(Text(f"Left out, for they do not begin as events do: {len(skipped):,} files ({named}{more})."))


@click.command
@click.argument("events", type=click.Path(path_type=Path))
@click.option("--jsonl", metavar="REPORT", type=click.Path(path_type=Path), help="Write one line of JSON an event.")
@click.option(
    "--env", "environment", metavar="ENV", help="With its services and, unless another is named, its routing."
)
@click.option("--services", metavar="NAMES", help="Services whose rules count, such as ec2,rds. Without it: all.")
@options.routing
@options.tags_file
def backtest(  # noqa: PLR0913 - a parameter for each option
    events: Path,
    jsonl: Path | None,
    environment: str | None,
    *,
    services: str | None,
    routing: Path | None,
    tags_file: Path | None,
) -> None:
    """Show what your events would become: make backtest EVENTS=<folder or file>.

    EVENTS is a file, or a folder of files, in any form of docs/backtest.md. It shows which events a rule catches, and
    with a routing who would receive what. The exit status is 1 when something could not be read, or had no outcome.
    """
    if not events.exists():
        raise UsageError(f"{events} does not exist")
    compiled = catalogue.compiled()
    selected, by = _selected(environment, services, compiled["rules"])
    routing = _routing(routing, environment)
    if tags_file and not routing:
        raise UsageError("--tags-file needs --routing or --env: only a routing asks for tags")
    tags = known_tags.read(tags_file) if tags_file else {}
    replay = Replay(check.read(routing), tags) if routing else None
    listing = event_files.listing(events, jsonl)
    test = Backtest(Catalogue(compiled["entries"]), selected, replay)
    tally = run(listing, test, jsonl, Console(stderr=True))
    if not tally.services:
        raise CommandError(f"there are no events in {events} (docs/backtest.md lists what can be read)")
    _report_tables(tally, listing.skipped, replay, by)
    if tally.problems:
        raise event_files.unreadable(tally.problems)
