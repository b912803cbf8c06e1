"""A folder of events, one file each. A file is complete or absent, even after a power failure."""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SUFFIX = ".json"
BAD = "bad"
DEFAULT_FOLDER = "/var/lib/infra-events-snmp"
DEFAULT_EVENTS = 10_000
DEFAULT_BYTES = 100 * 1024 * 1024
NEARLY_FULL = 0.8
ABANDONED_SECONDS = 60 * 60


class SpoolFullError(Exception):
    """The spool has no room for another event."""


class Limit(NamedTuple):
    """A number of events and of bytes: how much a spool may hold, or holds."""

    events: int
    bytes: int


class Spool:
    """A folder of events that wait, and its subfolder ``bad`` for events that can never be sent; both count as held."""

    def __init__(self, folder: Path, limit: Limit) -> None:
        """Take a folder; it must exist before an event is added (``make_folders``)."""
        self.folder = folder
        self.limit = limit

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Spool":
        """Return the spool that INFRA_EVENTS_SPOOL, INFRA_EVENTS_SPOOL_EVENTS and INFRA_EVENTS_SPOOL_BYTES describe."""
        events = int(environment.get("INFRA_EVENTS_SPOOL_EVENTS") or DEFAULT_EVENTS)
        most = int(environment.get("INFRA_EVENTS_SPOOL_BYTES") or DEFAULT_BYTES)
        return cls(Path(environment.get("INFRA_EVENTS_SPOOL") or DEFAULT_FOLDER), Limit(events, most))

    def make_folders(self) -> None:
        """Create the folders, and remove files that a killed handler left half written an hour ago or earlier."""
        (self.folder / BAD).mkdir(parents=True, exist_ok=True, mode=0o700)
        for draft in self.folder.glob(f".*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                    draft.unlink()

    def add(self, name: str, event: Mapping[str, Any]) -> float:
        """Write an event so that it survives a crash, and return how full the spool is now, from 0 to 1.

        Raises SpoolFullError, or OSError when the disk fails.
        """
        data = json.dumps(event, separators=(",", ":")).encode()
        held = self.held()
        if held.events + 1 > self.limit.events or held.bytes + len(data) > self.limit.bytes:
            raise SpoolFullError(f"{held.events:,} events and {held.bytes:,} bytes are there")
        draft, file = self.folder / f".{name}{SUFFIX}", self.folder / f"{name}{SUFFIX}"
        try:
            with draft.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _sync(self.folder)
        return max((held.events + 1) / self.limit.events, (held.bytes + len(data)) / self.limit.bytes)

    def held(self) -> Limit:
        """Return how much the spool holds, ``bad`` included."""
        bad = self.folder / BAD
        folders = (self.folder, bad) if bad.is_dir() else (self.folder,)
        sizes = [size for folder in folders for entry in _events(folder) if (size := _size(entry)) is not None]
        return Limit(len(sizes), sum(sizes))

    def waiting(self) -> Sequence[Path]:
        """Return the files that wait, oldest first."""
        return [self.folder / name for name in sorted(entry.name for entry in _events(self.folder))]

    def set_aside(self, file: Path, reason: str) -> None:
        """Move a file to ``bad``, and write the reason beside it."""
        bad = self.folder / BAD
        bad.mkdir(exist_ok=True, mode=0o700)
        (bad / f"{file.stem}.reason").write_text(f"{reason}\n", encoding="utf-8")
        file.rename(bad / file.name)
        _sync(bad)


def _events(folder: Path) -> Iterator[os.DirEntry[str]]:
    return (entry for entry in os.scandir(folder) if entry.name.endswith(SUFFIX) and not entry.name.startswith("."))


def _size(entry: os.DirEntry[str]) -> int | None:
    """Return the bytes of a file; None when the flusher has just sent and removed it."""
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    """Write a rename in the folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
