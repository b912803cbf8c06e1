"""Sends the spooled events to an event bus, oldest first.

A file leaves the spool only once its event was accepted, or can never be. Each event has had an idempotency key since
it was spooled, so an event that is sent twice, after a kill or a lost answer, becomes one notification. One flusher
serves a spool; a second one exits at once.
"""

import fcntl
import os
import random
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError

from infra_events.aws.clients import delivery_client
from infra_events.aws.event_bus import EventBus
from infra_events.domain.errors import PermanentError, TransientError
from infra_events.wire.custom_event import CustomEvent
from infra_events.wire.fields import Fields
from infra_events_snmp.spool import Spool

DEFAULT_BUS = "OrgInfrastructure"
LOCK = "lock"
AT_ONCE = 100
LOOK_SECONDS = 0.5
"""Seconds between two looks at an empty spool."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

INFO, WARNING, ERROR = 6, 4, 3
"""Levels of sd-daemon(3), by which systemd's journal files a line."""


class Flusher:
    """Sends events until ``stop`` is set."""

    def __init__(self, spool: Spool, bus: EventBus, stop: threading.Event) -> None:
        self._spool, self._bus, self._stop = spool, bus, stop
        self._pause = FIRST_PAUSE
        self._bus_is_there = False

    def run(self) -> None:
        """Send events as they come; while AWS accepts none, wait longer after each attempt."""
        while not self._stop.is_set():
            waiting = self._spool.waiting()
            if not waiting:
                self._stop.wait(LOOK_SECONDS)
                continue
            try:
                self._send(waiting)
                self._pause = FIRST_PAUSE
            except TransientError as error:
                self._wait(f"{error}; {len(self._spool.waiting()):,} events wait")

    def _send(self, waiting: Sequence[Path]) -> None:
        """Send the events of all files. Raises TransientError when AWS does not accept an event for now."""
        if not self._bus_is_there and self._bus.is_missing():
            raise TransientError(f"there is no bus {self._bus.name}")
        self._bus_is_there = True
        for start in range(0, len(waiting), AT_ONCE):
            if self._stop.is_set():
                return
            self._send_batch(waiting[start : start + AT_ONCE])

    def _send_batch(self, files: Sequence[Path]) -> None:
        events: dict[Path, CustomEvent] = {}
        for file in files:
            try:
                events[file] = CustomEvent.read(Fields.decode(file.read_text(encoding="utf-8")), _written(file))
            except (PermanentError, UnicodeDecodeError) as error:
                self._set_aside(file, str(error))
        later: list[TransientError] = []
        for file, result in zip(events, self._bus.put(list(events.values())), strict=True):
            if result is None:
                file.unlink()
            elif isinstance(result, TransientError):
                later.append(result)
            else:
                self._set_aside(file, str(result))
        if later:
            raise later[0]

    def _set_aside(self, file: Path, reason: str) -> None:
        self._spool.set_aside(file, reason)
        log(ERROR, f"{file.name} can never be sent, it is in {file.parent / 'bad'} now: {reason}")

    def _wait(self, why: str) -> None:
        seconds = random.uniform(self._pause / 2, self._pause)  # noqa: S311 - no secret, only unlike its neighbours'
        log(WARNING, f"{why}; next try in {seconds:.0f} s")
        # A client looks for credentials only when it is made; and the bus may be gone by now.
        delivery_client.cache_clear()
        self._bus_is_there = False
        self._stop.wait(seconds)
        self._pause = min(LONGEST_PAUSE, self._pause * 2)


def flush(environment: Mapping[str, str] = os.environ) -> int:
    """Flush until SIGTERM or SIGINT, and return the exit status: 1 when it could not start."""
    spool = Spool.of(environment)
    bus = EventBus(name=environment.get("INFRA_EVENTS_BUS") or DEFAULT_BUS, attempts=1)
    spool.make_folders()
    with (spool.folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(ERROR, f"another flusher serves {spool.folder}")
            return 1
        try:
            delivery_client("events")
        except BotoCoreError as error:
            log(ERROR, f"AWS is not configured: {error}")
            return 1
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        log(INFO, f"{len(spool.waiting()):,} events wait in {spool.folder} for {bus.name}")
        Flusher(spool, bus, stop).run()
        log(INFO, f"stopped; {len(spool.waiting()):,} events wait")
    return 0


def log(level: int, text: str) -> None:
    """Write a line to standard error, with its level if systemd's journal reads it."""
    print(f"<{level}>{text}" if "JOURNAL_STREAM" in os.environ else text, file=sys.stderr, flush=True)


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
