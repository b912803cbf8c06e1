"""Replay: have a bus's archive put the events between two times on the bus again.

Events keep their ids in a replay, and the sent record knows those; so it mails what was not mailed, and nothing twice.
Machines receive all of it again, with the same ids. The archive itself takes no replayed event.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.console import Console

from infra_events.domain.errors import PermanentError
from infra_events.domain.time import format_time, parse_time
from scripts import options
from scripts.operate.target import one_line_errors, target
from scripts.project import CommandError, UsageError

RULE = "CatchAll"
"""The end of the name of the bus's rule that leads to the standardizer (the block event_bus in terraform/modules)."""

SETTLING = timedelta(minutes=10)
"""How long an event may take into the archive: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html."""

POLL_SECONDS = 1
OVER = frozenset({"COMPLETED", "CANCELLED", "FAILED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The times between which events occurred; aware, and in this order."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: str, end: str, now: datetime) -> "Window":
        """Read a window of RFC 3339 times. Raises UsageError for one that cannot be replayed at ``now``."""
        try:
            window = cls(start=parse_time(start, "FROM"), end=parse_time(end, "TO"))
        except PermanentError as error:
            raise UsageError(error.reason) from error
        if window.start >= window.end:
            raise UsageError(f"FROM ({start}) must be before TO ({end})")
        if window.end > now:
            raise UsageError(f"TO ({end}) must not be later than now, {format_time(now.replace(microsecond=0))}")
        return window

    def __str__(self) -> str:
        """Both times."""
        return f"{format_time(self.start)} to {format_time(self.end)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A bus's archive, and the rule that replayed events go through; ``events`` is a boto3 client."""

    events: Any
    bus_arn: str
    arn: str
    name: str
    retention_days: int  # 0: without end
    rule_arn: str

    @classmethod
    def of(cls, events: Any, bus: str) -> "Archive":
        """Find the archive of a bus. Raises CommandError when there is no bus, or not one archive and one rule."""
        try:
            bus_arn = events.describe_event_bus(Name=bus)["Arn"]
        except events.exceptions.ResourceNotFoundException as error:
            raise CommandError(f"there is no bus {bus!r} here") from error
        archives = events.list_archives(EventSourceArn=bus_arn)["Archives"]
        rules = [rule for rule in events.list_rules(EventBusName=bus)["Rules"] if rule["Name"].endswith(RULE)]
        if len(archives) != 1 or len(rules) != 1:
            found = f"{len(archives)} archives and {len(rules)} rules named …{RULE}"
            raise CommandError(f"{bus!r} must have one archive and one rule to replay through, and has {found}")
        archive = events.describe_archive(ArchiveName=archives[0]["ArchiveName"])
        return cls(
            events=events,
            bus_arn=bus_arn,
            arn=archive["ArchiveArn"],
            name=archive["ArchiveName"],
            retention_days=archive.get("RetentionDays", 0),
            rule_arn=rules[0]["Arn"],
        )

    def check(self, window: Window, now: datetime) -> None:
        """Raise CommandError when the window begins before what the archive still has at ``now``."""
        oldest = (now - timedelta(days=self.retention_days)).replace(microsecond=0)
        if self.retention_days and window.start < oldest:
            kept = f"{self.name} keeps events for {self.retention_days} days"
            raise CommandError(f"{kept}: FROM must not be before {format_time(oldest)}")

    def start(self, window: Window) -> str:
        """Start a replay, and return its name."""
        name = f"infra-events-{uuid.uuid4().hex[:12]}"
        self.events.start_replay(
            ReplayName=name,
            Description=f"make replay of {window}",
            EventSourceArn=self.arn,
            EventStartTime=window.start,
            EventEndTime=window.end,
            Destination={"Arn": self.bus_arn, "FilterArns": [self.rule_arn]},
        )
        return name

    def wait(self, name: str, console: Console) -> Mapping[str, Any]:
        """Show the progress of a replay until it ends, and return its description."""
        with console.status(f"{name}: STARTING") as status:
            while (replay := self.events.describe_replay(ReplayName=name))["State"] not in OVER:
                reached = replay.get("EventLastReplayedTime")
                status.update(f"{name}: {replay['State']}" + (f", at {format_time(reached)}" if reached else ""))
                time.sleep(POLL_SECONDS)
        return dict(replay)

    def cancel(self, name: str) -> None:
        """Cancel a replay; the events that it already put on the bus stay there."""
        self.events.cancel_replay(ReplayName=name)


def run(archive: Archive, window: Window, console: Console) -> None:
    """Replay a window and wait for the end; an interrupt cancels it. Raises CommandError unless it completes."""
    now = datetime.now(UTC)
    archive.check(window, now)
    if now - window.end < SETTLING:
        console.print("The last 10 minutes may not be in the archive yet: replay them again later.")
    name = archive.start(window)
    try:
        state = archive.wait(name, console)
    except KeyboardInterrupt:
        archive.cancel(name)
        console.print(f"{name} was cancelled; its events up to then were sent. Replaying again mails nothing twice.")
        raise
    if state["State"] != "COMPLETED":
        raise CommandError(f"{name} ended {state['State']}: {state.get('StateReason') or 'AWS gives no reason'}")
    console.print(f"{name} is complete: all that {archive.name} has of {window} went through {archive.rule_arn}")


@click.command
@click.option("--from", "start", metavar="TIME", required=True, help="RFC 3339, such as 2026-01-31T12:00:00Z.")
@click.option("--to", "end", metavar="TIME", required=True, help="The same; not later than now.")
@options.bus
@options.environment
def replay(start: str, end: str, bus: str, environment: str | None) -> None:
    """Put archived events on their bus again: make replay FROM=<time> TO=<time>."""
    window = Window.of(start, end, datetime.now(UTC))
    there = target(environment)
    name = there.bus(bus)
    with one_line_errors():
        archive = Archive.of(there.client("events"), name)
        run(archive, window, Console(markup=False, highlight=False, soft_wrap=True))
