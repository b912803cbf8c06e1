"""Publishes custom events: reads them from files, folders or standard input, and puts them on an event bus.

An event has the form in which EventBridge delivers one (docs/sources.md). What happened twice is two notifications, and
what is sent twice is one; so an event without a key gets one here: the digest of its content and time, and its number
among those of one file that are equal in both. An event without a time occurred when its file was last written, or,
from standard input, now. So the same file can be published again, whatever became of it the first time.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO

import click
from rich.console import Console

from infra_events.aws.event_bus import EventBus
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.hashing import json_sha256
from infra_events.domain.text import one_line
from infra_events.domain.time import format_time
from infra_events.wire.custom_event import CustomEvent
from infra_events.wire.fields import Fields
from scripts import options
from scripts.analyse import event_files
from scripts.analyse.event_files import Piece
from scripts.operate.target import target
from scripts.project import CommandError, UsageError

STDIN = "-"
AT_ONCE = 100
"""How many events are put together: those among them that failed are tried again together."""
KEY_LENGTH = 40
LINE = 300


@dataclass(slots=True)
class Publisher:
    """Puts events on a bus in order, and names each that could not be put as soon as that is known."""

    bus: EventBus
    console: Console
    sent: int = 0
    failed: int = 0
    in_hand: list[tuple[str, CustomEvent]] = field(default_factory=list)

    def run(self, paths: Sequence[str]) -> None:
        """Publish all events of all ``paths``. Raises CommandError when AWS takes none of them."""
        with self.console.status("") as status:
            for name, pieces, time in _inputs(paths):
                for place in self._publish(name, pieces, time):
                    status.update(one_line(f"{self.sent:,} events sent, now {place}", LINE))
            self._flush()

    def report(self) -> str:
        """Return what became of all events, as a sentence."""
        perhaps = f", perhaps {len(self.in_hand):,} more" if self.in_hand else ""
        refused = f"; {self.failed:,} not, each is named above" if self.failed else ""
        return f"{self.sent:,} events sent to {self.bus.name}{perhaps}{refused}"

    def _publish(self, name: str, pieces: Iterable[Piece], time: datetime) -> Iterator[str]:
        """Publish the events of one file, and yield the place in it after every ``AT_ONCE`` events."""
        seen: Counter[str] = Counter()
        for piece in pieces:
            place = f"{name}:{piece.line}"
            if piece.problem or piece.body is None:
                self._refuse(name, piece.problem)
                continue
            try:
                event = _keyed(Fields.decode(piece.body), time, seen)
            except PermanentError as error:
                self._refuse(place, error.reason)
                continue
            self.in_hand.append((place, event))
            if len(self.in_hand) == AT_ONCE:
                self._flush()
                yield place

    def _flush(self) -> None:
        """Put the events in hand. Raises CommandError when AWS takes none of them: it takes none of the rest either."""
        if not self.in_hand:
            return
        errors = self.bus.put([event for _, event in self.in_hand])
        for (place, _), error in zip(self.in_hand, errors, strict=True):
            if error:
                self._refuse(place, error.reason if isinstance(error, PermanentError) else str(error))
        self.sent += errors.count(None)
        last = self.in_hand[-1][0]
        self.in_hand.clear()
        if all(isinstance(error, TransientError) for error in errors):
            raise CommandError(f"AWS takes nothing at present: nothing after {last} was tried. {self.report()}")

    def _refuse(self, place: str, why: str) -> None:
        self.failed += 1
        self.console.print(one_line(f"{place}: {why}", LINE), soft_wrap=True)


def _keyed(fields: Fields, time: datetime, seen: Counter[str]) -> CustomEvent:
    event = CustomEvent.read(fields, time)
    if event.key:
        return event
    try:
        content = json_sha256({**fields.values, "time": format_time(event.time)})[:KEY_LENGTH]
    except RecursionError as error:
        raise PermanentError(ParkCode.NOT_JSON, "nested too deep") from error
    seen[content] += 1
    return event.with_key(f"{content}-{seen[content]}")


def _inputs(paths: Sequence[str]) -> Iterator[tuple[str, Iterable[Piece], datetime]]:
    """Yield each input: its name, its pieces, and the time of an event in it that has none."""
    for path in paths:
        if path == STDIN:
            yield "stdin", _stdin(sys.stdin.buffer), datetime.now(UTC)
            continue
        for _, file in event_files.listing(Path(path)).files:
            yield str(file), event_files.pieces(file), datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _stdin(stream: IO[bytes]) -> Iterator[Piece]:
    """Yield one event a line, unless the text begins as an array, or as an object of several lines."""
    first = next((line for line in stream if line.strip()), b"")
    if first.lstrip().startswith(b"[") or first.strip() == b"{":
        yield from event_files.documents(first + stream.read())
    else:
        yield from event_files.lines(chain([first], stream))


@click.command
@click.argument("events", nargs=-1, required=True)
@options.bus
@options.environment
def publish(events: Sequence[str], bus: str, environment: str | None) -> None:
    """Put custom events on a bus: make publish EVENTS=<folder, file or ->.

    EVENTS are folders, or .json, .ndjson or .jsonl files (.gz too); - is standard input. What is already published can
    be published again: people are notified once.
    """
    for path in events:
        if path != STDIN and not Path(path).exists():
            raise UsageError(f"{path} does not exist")
    there = target(environment)
    events_bus = EventBus(name=there.bus(bus), client=there.client)
    publisher = Publisher(events_bus, Console(stderr=True, markup=False, highlight=False))
    try:
        if publisher.bus.is_missing():
            raise CommandError(f"there is no bus {events_bus.name!r} here")
        publisher.run(events)
    except TransientError as error:
        raise CommandError(f"AWS: {error}") from error
    except KeyboardInterrupt:
        report = f"{publisher.report()}. Publish the same again: nobody is notified twice"
        click.echo(report, err=True)
        raise
    if publisher.failed:
        raise CommandError(publisher.report())
    click.echo(publisher.report())
