"""Publishes events of your own: reads them from files, folders or standard input, and puts them on an event bus.

An event has the form in which EventBridge delivers one (docs/sources.md). What happened twice must be told twice, and
what is sent twice must be told once; so an event without a key gets one here: the digest of its content and time, and
its number among those of one file that are equal in both. An event without a time occurred when its file was last
written, or, from standard input, now. So the same file can be published again, whatever became of it the first time.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rich.console import Console

from infra_events.aws.event_bus import EventBus
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.hashing import json_sha256
from infra_events.domain.text import one_line
from infra_events.domain.time import format_time
from infra_events.wire.custom_event import CustomEvent
from infra_events.wire.fields import Fields
from scripts import aws_session, project
from scripts.analyse import backtest
from scripts.local import stack as local_stack
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scripts.analyse.backtest import Piece

BUS = "OrgInfrastructure"
STDIN = "-"
AT_ONCE = 100
"""How many events are in hand: what failed among them is tried again together."""
KEY_LENGTH = 40
LINE = 300


@dataclass(slots=True)
class Publisher:
    """Puts events on a bus in order, and names each that could not be put as soon as it is known."""

    bus: EventBus
    console: Console
    sent: int = 0
    failed: int = 0
    in_hand: list[tuple[str, CustomEvent]] = field(default_factory=list)

    def run(self, paths: Sequence[str]) -> None:
        """Publish all events of all `paths`. Raises CommandError when AWS takes none of them."""
        with self.console.status("") as status:
            for name, pieces, time in _inputs(paths):
                try:
                    for place in self._publish(name, pieces, time):
                        status.update(one_line(f"{self.sent:,} events sent, now {place}", LINE))
                except (OSError, EOFError, zlib.error) as error:
                    self._refuse(name, f"cannot be read: {error}")
            self._flush()

    def report(self) -> str:
        """Say what became of all events."""
        perhaps = f", perhaps {len(self.in_hand):,} more" if self.in_hand else ""
        refused = f"; {self.failed:,} not, each is named above" if self.failed else ""
        return f"{self.sent:,} events sent to {self.bus.name}{perhaps}{refused}"

    def _publish(self, name: str, pieces: Iterable[Piece], time: datetime) -> Iterator[str]:
        """Publish what one file holds, and yield a place in it now and then."""
        seen: Counter[str] = Counter()
        for body, broken, line in pieces:
            place = f"{name}:{line}"
            if broken or body is None:
                self._refuse(name, str(broken))
                continue
            try:
                event = _keyed(Fields.decode(body), time, seen)
            except PermanentError as error:
                self._refuse(place, error.reason)
                continue
            self.in_hand.append((place, event))
            if len(self.in_hand) == AT_ONCE:
                self._flush()
                yield place

    def _flush(self) -> None:
        """Put what is in hand. When AWS takes nothing of it, it takes nothing of the rest either."""
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
    """Yield every input by its name, with what it holds and the time of an event in it that has none."""
    for path in paths:
        if path == STDIN:
            yield "stdin", _stdin(sys.stdin.buffer), datetime.now(UTC)
            continue
        for _, file in backtest.files(Path(path)):
            yield str(file), backtest.pieces(file), datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _stdin(stream: IO[bytes]) -> Iterator[Piece]:
    """One event on each line, unless it begins as an array does, or as an object that takes several lines."""
    first = next((line for line in stream if line.strip()), b"")
    if first.lstrip().startswith(b"[") or first.strip() == b"{":
        yield from backtest.documents(first + stream.read())
    else:
        yield from backtest.lines(chain([first], stream))


def main() -> None:
    """Put events on a bus: of what `make up` left running, or of the account that your credentials are for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.operate.publish", description=main.__doc__)
    parser.add_argument(
        "events", nargs="+", help=f"folders, or .json, .ndjson or .jsonl files (.gz too); {STDIN} is standard input"
    )
    parser.add_argument("--bus", default=BUS, help=f"the bus's name or ARN ({BUS})")
    parser.add_argument("--env", help="an environment in your credentials' account; without it: what `make up` started")
    arguments = parser.parse_args()
    for path in arguments.events:
        if path != STDIN and not Path(path).exists():
            raise CommandError(f"{path} does not exist")
    if not arguments.env and (local := local_stack.running()):
        os.environ.update(local.aws.settings)
    elif region := aws_session.new().region_name:
        os.environ["AWS_DEFAULT_REGION"] = region  # where botocore looks
    publisher = Publisher(EventBus(name=arguments.bus), Console(stderr=True, markup=False, highlight=False))
    try:
        if publisher.bus.is_missing():
            raise CommandError(f"there is no bus {arguments.bus!r} here")
        publisher.run(arguments.events)
    except TransientError as error:
        raise CommandError(f"AWS says: {error}") from error
    except KeyboardInterrupt:
        print(f"{publisher.report()}. Publish the same again: what was sent is not told twice", file=sys.stderr)
        raise
    if publisher.failed:
        raise CommandError(publisher.report())
    print(publisher.report())


if __name__ == "__main__":
    project.run(main)
