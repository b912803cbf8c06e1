"""The time that a batch has: what is begun is finished, what is not is left to a later invocation.

An invocation that Lambda ends takes its whole batch back to the queue, and repeats what it had published.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from infra_events.domain.outcome import Retried

OUT_OF_TIME = Retried(reason="the invocation's time is nearly up")
"""The outcome of a message that was not begun, or not finished, before the time was up."""

TO_FINISH = timedelta(seconds=4)
"""The longest that is foreseen after the last message was begun, unless a worker knows better.

A look-up of tags and the first read of snapshots take two seconds each (aws/clients.py), the 300 calls of an event of
1,000 resources, four at a time, as long (docs/adr/0018).
"""
# Parking what cannot be read, and the log.
_TO_SETTLE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How long an invocation may still run. ``remaining`` returns that; it is asked anew each time."""

    remaining: Callable[[], timedelta]
    to_finish: timedelta
    to_settle: timedelta

    @classmethod
    def of(cls, remaining: Callable[[], timedelta], to_finish: timedelta = TO_FINISH) -> "Deadline":
        """Return the deadline of an invocation that begins now; one of a short time-out works for half of it.

        ``to_finish`` is how long it takes at most to finish the last message.
        """
        whole = remaining()
        to_settle = min(_TO_SETTLE, whole / 10)
        return cls(remaining=remaining, to_finish=min(to_settle + to_finish, whole / 2), to_settle=to_settle)

    def left(self) -> timedelta:
        """Return for how long messages may still be begun."""
        return self.remaining() - self.to_finish

    def may_begin(self) -> bool:
        """Return whether there is time to begin, and finish, another message."""
        return self.left() > timedelta()

    def may_go_on(self) -> bool:
        """Return whether there is time for another call; without it a message that was begun is retried as a whole."""
        return self.remaining() > self.to_settle

    def may_settle(self) -> bool:
        """Return whether there is time to park another message; without it that one is retried."""
        return self.remaining() > self.to_settle / 4


UNLIMITED = Deadline(remaining=lambda: timedelta.max, to_finish=timedelta(), to_settle=timedelta())
"""All the time in the world, where nothing ends the process."""
