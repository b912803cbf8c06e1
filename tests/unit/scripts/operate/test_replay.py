"""Replay: what is refused before AWS is asked, and what follows an end or an interruption."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from scripts.operate import replay
from scripts.operate.replay import Archive, Window
from scripts.project import CommandError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = Window(start=NOW - timedelta(hours=2), end=NOW - timedelta(hours=1))


class FakeEvents:
    """EventBridge with one replay, which goes through `states`."""

    def __init__(self, *states: str | type[BaseException]) -> None:
        self.states = list(states)
        self.started: list[dict[str, Any]] = []
        self.cancelled: list[str] = []

    def start_replay(self, **arguments: Any) -> None:
        self.started.append(arguments)

    def describe_replay(self, **_: Any) -> dict[str, Any]:
        state = self.states.pop(0)
        if isinstance(state, str):
            return {"State": state, "StateReason": "the reason", "EventLastReplayedTime": NOW}
        raise state

    def cancel_replay(self, **arguments: Any) -> None:
        self.cancelled.append(arguments["ReplayName"])


def archive(events: FakeEvents, retention_days: int = 30) -> Archive:
    return Archive(
        events=events,
        bus_arn="arn:bus",
        arn="arn:archive",
        name="OrgInfrastructure",
        retention_days=retention_days,
        rule_arn="arn:rule",
    )


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "POLL_SECONDS", 0)


@pytest.mark.parametrize(
    ("start", "end", "complaint"),
    [
        ("yesterday", "2026-03-02T11:00:00Z", "FROM must be an RFC 3339 time"),
        ("2026-03-02T11:00:00Z", "", "TO must be an RFC 3339 time"),
        ("2026-03-02T11:00:00Z", "2026-03-02T11:00:00Z", "FROM .* must be before TO"),
        ("2026-03-02T11:00:00Z", "2026-03-02T13:00:00+01:00", ""),
        ("2026-03-02T11:00:00Z", "2026-03-02T12:00:01Z", "TO .* must not be later than now, 2026-03-02T12:00:00Z"),
    ],
)
def test_a_window_is_two_times_in_the_past(start: str, end: str, complaint: str) -> None:
    if not complaint:
        assert Window.of(start, end, NOW).end == NOW
        return
    with pytest.raises(CommandError, match=complaint):
        Window.of(start, end, NOW)


def test_a_window_lies_within_what_the_archive_keeps() -> None:
    old = Window(start=NOW - timedelta(days=31), end=NOW)
    with pytest.raises(CommandError, match="for 30 days: FROM must not be before 2026-01-31T12:00:00Z"):
        archive(FakeEvents()).check(old, NOW)
    archive(FakeEvents(), retention_days=0).check(old, NOW)
    archive(FakeEvents(), retention_days=31).check(old, NOW)


def test_a_replay_goes_to_the_bus_through_one_rule_and_is_waited_for() -> None:
    events = FakeEvents("STARTING", "RUNNING", "COMPLETED")
    replay.run(archive(events, retention_days=0), WINDOW, Console(quiet=True))
    (started,) = events.started
    assert started["Destination"] == {"Arn": "arn:bus", "FilterArns": ["arn:rule"]}
    assert (started["EventSourceArn"], started["EventStartTime"]) == ("arn:archive", WINDOW.start)
    assert started["EventEndTime"] == WINDOW.end
    assert events.states == []


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_replay_that_does_not_complete_is_an_error(state: str) -> None:
    with pytest.raises(CommandError, match=f"ended {state}: the reason"):
        replay.run(archive(FakeEvents(state), retention_days=0), WINDOW, Console(quiet=True))


def test_an_interrupt_cancels_the_replay() -> None:
    events = FakeEvents("RUNNING", KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        replay.run(archive(events, retention_days=0), WINDOW, Console(quiet=True))
    assert events.cancelled == [started["ReplayName"] for started in events.started]
