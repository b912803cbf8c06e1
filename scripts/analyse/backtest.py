"""Runs an archive of events through catalogue, contracts and, if asked, a routing as the functions would, without AWS.

A `.json` file holds events one after the other, or arrays of them; an `.ndjson` or `.jsonl` file holds one on each
line; all may be compressed (`.gz`). At most one file, or one line, is in memory at a time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import zlib
from collections import Counter, defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aws_service_event_handler import generic
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.publish import WRITERS
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.outcome import Parked, Retried, attempt
from infra_events.domain.text import one_line
from infra_events.ports import Message
from scripts import project
from scripts.analyse.routing_replay import Replay
from scripts.compile import catalogue
from scripts.compile.routing import check as routing
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from infra_events.domain.event import ResourceEvent

LINES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
SUFFIXES = (".json", ".json.gz", *LINES)

NEVER = datetime.fromtimestamp(0, UTC)
"""When the queue took an event in: no queue did, and two runs over the same events give the same report."""

UNREAD = "(unreadable)"
NAME = 40
"""What the table shows of a service's name."""
PROGRESS = 1_000
"""How often a terminal is told how far it is."""
SHOWN = 20
"""How many problems are named one by one."""

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


class Broken(Exception):  # noqa: N818 - a finding about a file, not a failure of this program
    """Something in a file that is no event; it says where."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line} column {column}: {message}")


class Piece(NamedTuple):
    """One position of a file: the text of an event, or what is wrong there. A wrong line has both."""

    body: str | None
    problem: Broken | None = None
    line: int = 1


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
        """Show it by service."""
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
    """The function's own code with the catalogue of this checkout, and no topic; with a routing, its decisions too."""

    def __init__(self, known: Catalogue, replay: Replay | None = None) -> None:
        self._catalogue = known
        self._replay = replay

    def __call__(self, file: str, index: int, body: str) -> tuple[str, dict[str, Any], str]:
        """Return an event's service, its line in the report, and what went wrong in us (or nothing)."""
        line: dict[str, Any] = {"file": file, "index": index, "mapped": False, "v1": [], "v2": [], "parked": None}
        if self._replay:
            line["decisions"] = []
        result = attempt(self._run, Message(id=f"{file}#{index}", body=body, sent_time=NEVER))
        if isinstance(result, Parked):
            return _source(body), line | {"parked": f"{result.code}: {result.reason}"}, ""
        if isinstance(result, Retried):  # the function would, until its queue gives up: a fault of ours
            return _source(body), line | {"parked": f"exhausted: {result.reason}"}, result.reason
        events, written = result
        mapped = not events[0].type.endswith(generic.UNMAPPED)
        documents = [json.loads(text) for text in written["2"]]
        line |= {"mapped": mapped, "v1": written["1"], "v2": documents}
        if self._replay:
            line["decisions"] = [self._replay(event) for event in events]
        return events[0].source, line, ""

    def _run(self, message: Message) -> tuple[Sequence[ResourceEvent], dict[str, list[str]]]:
        events = standardize(AwsEvent.read(message), self._catalogue)
        return events, {version: [write(event).body for event in events] for version, write in WRITERS.items()}


def files(path: Path, report: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield every file of events below `path` by its name there, in order; links to folders are followed, once."""
    if not path.is_dir():
        yield path.name, path
        return
    seen: set[str] = set()
    found: list[Path] = []
    for folder, folders, names in os.walk(path, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        found += [Path(folder, name) for name in names if name.lower().endswith(SUFFIXES)]
    for file in sorted(found):
        if report is None or file.resolve() != report.resolve():
            yield file.relative_to(path).as_posix(), file


def pieces(file: Path) -> Iterator[Piece]:
    """Yield every event of a file, and what else stands where one should."""
    with _opened(file) as stream:
        yield from lines(stream) if file.name.lower().endswith(LINES) else documents(stream.read())


def lines(stream: Iterable[bytes]) -> Iterator[Piece]:
    """Yield every event of a stream that has one on each line, and what else stands where one should."""
    stripped = ((number, line.rstrip(b"\r\n")) for number, line in enumerate(stream, start=1))
    yield from (_line(line, number) for number, line in stripped if line.strip())


def documents(data: bytes) -> Iterator[Piece]:
    """Yield every event of a text that holds them one after the other, or in arrays, up to where it is broken."""
    try:
        yield from _documents(_text(data))
    except json.JSONDecodeError as error:
        yield Piece(None, Broken(error.lineno, error.colno, error.msg), error.lineno)
    except Broken as error:
        yield Piece(None, error)


def _opened(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file)) if file.suffix.lower() == ".gz" else file.open("rb")


def _line(line: bytes, number: int) -> Piece:
    """Read one line. What is no JSON goes to the function nevertheless, which parks it."""
    text = line.decode("utf-8-sig", errors="replace")
    try:
        line.decode()
        json.loads(text)
    except json.JSONDecodeError as error:
        return Piece(text, Broken(number, error.colno, error.msg), number)
    except UnicodeDecodeError as error:
        return Piece(text, Broken(number, error.start + 1, "this is not UTF-8"), number)
    except (RecursionError, ValueError):
        pass  # JSON that Python refuses to read: for the function to judge
    return Piece(text, None, number)


def _text(data: bytes) -> str:
    """Decode a whole file: UTF-8, or the UTF-16 and UTF-32 that some shells write."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - before.rfind(b"\n")
        raise Broken(before.count(b"\n") + 1, column, f"this is not {error.encoding.upper()}") from error


def _documents(text: str) -> Iterator[Piece]:
    """Yield each JSON value, and each element where that is an array."""
    position = _space(text, 0)
    if position == len(text):
        raise json.JSONDecodeError("there is nothing in it", text, 0)
    line, counted = 1, 0
    for start, end in _values(text, position):
        line, counted = line + text.count("\n", counted, start), start
        yield Piece(text[start:end], None, line)


def _values(text: str, position: int) -> Iterator[tuple[int, int]]:
    """Yield where each value, or element, begins and ends."""
    while position < len(text):
        if text[position] == "[":
            position = yield from _elements(text, _space(text, position + 1))
        else:
            end = _end(text, position)
            yield position, end
            position = end
        position = _space(text, position)


def _elements(text: str, position: int) -> Any:
    if text[position : position + 1] == "]":
        return position + 1
    while True:
        end = _end(text, position)
        yield position, end
        position = _space(text, end)
        if text[position : position + 1] == "]":
            return position + 1
        if text[position : position + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
        position = _space(text, position + 1)


def _space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _end(text: str, position: int) -> int:
    try:
        return _DECODER.raw_decode(text, position)[1]
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:  # nested too deep, or an integer of more than 4300 digits
        raise json.JSONDecodeError(f"Python cannot read this: {error}", text, position) from error


def _source(body: str) -> str:
    with suppress(ValueError, RecursionError, TypeError, KeyError):
        if isinstance(source := json.loads(body)["source"], str):
            return source
    return UNREAD


def run(path: Path, known: Catalogue, report: Path | None, console: Console, replay: Replay | None = None) -> Tally:
    """Run every event below `path`; write the report, and return what became of them."""
    backtest = Backtest(known, replay)
    tally = Tally()
    done = 0
    with _report(report) as out, console.status("") as status:
        for name, file in files(path, report):
            try:
                for index, (body, broken, _) in enumerate(pieces(file)):
                    if broken:
                        tally.problems.append(f"{name}: {broken}")
                    if body is None:
                        continue
                    service, line, fault = backtest(name, index, body)
                    tally.add(service, line)
                    if fault:
                        tally.problems.append(f"{name}: event {index}: {fault}")
                    out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
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
    """Read tags by resource, as JSON: {"arn:…": {"Owner": "payments"}}."""
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


def main() -> None:
    """Run it, show the table, and tell by the exit status whether every event had an outcome."""
    parser = argparse.ArgumentParser(prog="make backtest", description="Show what your events would become.")
    parser.add_argument("events", type=Path, help="a folder, or a .json, .ndjson or .jsonl file (.gz too)")
    parser.add_argument("--jsonl", type=Path, metavar="REPORT", help="write one line of JSON for each event")
    parser.add_argument("--routing", type=Path, metavar="FILE", help="a routing file: who would have received what")
    parser.add_argument("--tags", type=Path, metavar="FILE", help="with --routing: JSON of tags by ARN")
    asked = parser.parse_args()
    if not asked.events.exists():
        raise CommandError(f"{asked.events} does not exist")
    known = Catalogue(catalogue.compiled()["entries"])
    if asked.tags and not asked.routing:
        raise CommandError("--tags says whose events they are, which only --routing asks")
    tags = _tags(asked.tags) if asked.tags else {}
    replay = Replay(routing.read(asked.routing), tags) if asked.routing else None
    tally = run(asked.events, known, asked.jsonl, Console(stderr=True), replay)
    if not tally.services and not tally.problems:
        raise CommandError(f"there are no events in {asked.events}: no {', no '.join(SUFFIXES)}")
    console = Console()
    console.print(tally.table())
    for part in replay.tables() if replay else ():
        console.print()
        console.print(part)
    if tally.problems:
        more = len(tally.problems) - SHOWN
        named = tally.problems[:SHOWN] + ([f"… and {more:,} more"] if more > 0 else [])
        raise CommandError("\n       ".join(one_line(problem, 300) for problem in named))


if __name__ == "__main__":
    project.run(main)
