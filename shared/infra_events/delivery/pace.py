"""Pacing: all workers of a channel together send no faster than its provider takes.

They share one pace row. A worker reserves there the slots of a few seconds, waits for each, and sends. What the
provider does not take now comes later: that is no failure, and uses up none of the message's receives.

A slot is one send to one target. SES counts recipients: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from infra_events.domain.errors import Limit, NotNowError, PermanentError, TransientError
from infra_events.ports import PaceRow, PaceStore

CHUNK_SECONDS = 5.0
"""The most that a worker reserves at a time: when it is killed, nobody sends for as long."""

CLOSED_SECONDS = 600.0
"""For how long nobody tries a provider that takes nothing of this account; then one worker does, with one message.

SES advises to wait for up to ten minutes: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
"""

_DAY_SECONDS = 24 * 3600.0
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_LONGEST_RUN_SECONDS = 900.0
_CLOCKS_DIFFER_SECONDS = 5.0
# The provider refuses for its rate, as somebody else sends as well: its next second is another one.
_PAUSE = timedelta(seconds=1)
# An attempt to write the row fails only where another worker's succeeds.
_ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a provider takes: sends per second; and per day of what is not urgent, None where that is not limited."""

    per_second: float
    per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Up to ``wanted`` slots, asked for at ``now``, none of them after ``latest`` (both in epoch seconds)."""

    wanted: int
    now: float
    latest: float
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The row with slots reserved in it: ``count`` of them, the first at ``start`` (epoch seconds)."""

    row: PaceRow
    start: float
    count: int


def reserve(row: PaceRow, request: Request, allowance: Allowance) -> Grant:
    """Reserve slots. Raises NotNowError where there is none, with how long to wait.

    What is urgent may use the whole quota of the day, and is tried even while the row is closed.
    """
    now, wanted = request.now, request.wanted
    row = _possible(row, now, allowance)
    if row.closed_until and not request.urgent:
        if now < row.closed_until:
            raise NotNowError(Limit.CLOSED, row.closed_reason, timedelta(seconds=row.closed_until - now))
        row, wanted = replace(row, closed_until=now + CLOSED_SECONDS), 1  # the others wait for how this one fares
    if now >= row.day_ends:
        row = replace(row, day_ends=now + _DAY_SECONDS, day_count=0)
    if allowance.per_day is not None and not request.urgent:
        wanted = min(wanted, allowance.per_day - row.day_count)
        if wanted < 1:
            wait = timedelta(seconds=row.day_ends - now)
            raise NotNowError(Limit.CLOSED, "the rest of the day's quota is kept for what is urgent", wait)
    start = max(row.free_at, now)
    if start > request.latest:
        raise NotNowError(Limit.RATE, "others are sent before it", timedelta(seconds=start - now))
    in_time = int(min(CHUNK_SECONDS, request.latest - start) * allowance.per_second)
    count = min(wanted, max(1, in_time))
    row = replace(row, free_at=start + count / allowance.per_second, day_count=row.day_count + count)
    return Grant(row=row, start=start, count=count)


def _possible(row: PaceRow, now: float, allowance: Allowance) -> PaceRow:
    """Return the row, where each time that no worker can have written has come: a wrong clock stops no channel."""

    def or_now(time: float, longest: float) -> float:
        return time if time <= now + longest + _CLOCKS_DIFFER_SECONDS else now

    return replace(
        row,
        free_at=or_now(row.free_at, _LONGEST_RUN_SECONDS + max(CHUNK_SECONDS, 1 / allowance.per_second)),
        closed_until=or_now(row.closed_until, CLOSED_SECONDS),
        day_ends=or_now(row.day_ends, _DAY_SECONDS),
    )


@dataclass(slots=True, kw_only=True)
class Pacer:
    """What a process knows of the pace row. ``clock`` returns epoch seconds, ``sleep`` takes seconds."""

    store: PaceStore
    allowance: Allowance
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _row: PaceRow | None = None

    def reserve(self, request: Request) -> deque[float]:
        """Return the times of the slots reserved, at least one. Raises NotNowError, TransientError and AWS's errors."""
        for _ in range(_ATTEMPTS):
            try:
                grant = reserve(self._row or PaceRow(), request, self.allowance)
            except NotNowError:
                if not self._is_old():
                    raise
                continue
            is_written = self._write(grant.row)
            if self.clock() > request.latest:
                raise NotNowError(Limit.RATE, "the invocation's time is nearly up")
            if is_written:
                every = 1 / self.allowance.per_second
                return deque(grant.start + number * every for number in range(grant.count))
        raise TransientError("the pace row changes all the time")

    def close(self, reason: str) -> None:
        """Have nobody try the provider for a while, unless the row is closed already."""
        self._set(lambda row: None if row.closed_until > self.clock() else self._closed(row, reason))

    def open(self) -> None:
        """Let everybody send again, where this process knows of a closed row."""
        if self._row and self._row.closed_until:
            self._set(lambda row: replace(row, closed_until=0.0, closed_reason="") if row.closed_until else None)

    def _closed(self, row: PaceRow, reason: str) -> PaceRow:
        return replace(row, closed_until=self.clock() + CLOSED_SECONDS, closed_reason=reason)

    def _set(self, change: Callable[[PaceRow], PaceRow | None]) -> None:
        """Write the row as ``change`` returns it, None: as it is."""
        for _ in range(_ATTEMPTS):
            row = change(self._row or PaceRow())
            if row is None or self._write(row):
                return
        raise TransientError("the pace row changes all the time")

    def _write(self, row: PaceRow) -> bool:
        """Write the row unless another worker has since it was read; then that one's is known."""
        row = replace(row, version=row.version + 1)
        other = self.store.swap(row)
        self._row = other or row
        return other is None

    def _is_old(self) -> bool:
        """Read the row; return whether what was known of it is not what it is now."""
        known, self._row = self._row, self.store.read()
        return known != self._row


@dataclass(slots=True, kw_only=True)
class PacedBatch:
    """The pace of one batch, which may begin sends for ``time_left``; what is sent last waits longest."""

    pacer: Pacer
    time_left: Callable[[], timedelta]
    _slots: deque[float] = field(default_factory=deque)
    _refusal: NotNowError | None = None

    def admit(self, wanted: int, *, urgent: bool) -> None:
        """Have a slot, and reserve up to ``wanted`` where there is none. Raises NotNowError and what a Pacer raises.

        What refused one message refuses all that follow and are not urgent.
        """
        if self._slots:
            return
        if self._refusal and not urgent:
            raise self._refusal
        now = self.pacer.clock()
        request = Request(wanted=wanted, now=now, latest=now + self.time_left().total_seconds(), urgent=urgent)
        try:
            self._slots = self.pacer.reserve(request)
        except NotNowError as refusal:
            self._refusal = refusal
            raise

    def run(self, send: Callable[[], str]) -> str:
        """Call ``send`` in the slot that was admitted, and return what it returns; raise its error.

        While the provider refuses for its rate alone, and there is time, it is called again.
        """
        self.pacer.sleep(max(0.0, self._slots.popleft() - self.pacer.clock()))
        while True:
            try:
                sent = send()
            except NotNowError as refusal:
                pause = refusal.wait or _PAUSE
                if refusal.limit is Limit.RATE and self.time_left() > pause:
                    self.pacer.sleep(pause.total_seconds())
                    continue
                if refusal.limit is Limit.CLOSED:
                    self._slots.clear()
                    self._refusal = refusal
                    self.pacer.close(refusal.reason)
                raise
            except PermanentError:
                self._open()
                raise
            self._open()
            return sent

    def _open(self) -> None:
        """Have others send, as the provider answers for this account; that they learn it late changes no result."""
        with suppress(Exception):
            self.pacer.open()
