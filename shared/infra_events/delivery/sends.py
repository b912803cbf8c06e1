"""The sends of one notification in one channel: one to each target of each destination, and one outcome of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from infra_events.delivery.recipients import Recipients
from infra_events.domain.errors import Limit, NotNowError
from infra_events.domain.event import Severity
from infra_events.domain.hashing import json_sha256
from infra_events.domain.notification import HEARTBEAT, Notification
from infra_events.domain.outcome import Failure, Later, Note, NoteCode, Outcome, Parked, Retried, Sent, failed
from infra_events.ports import Message, Recorded
from infra_events.wire import notification as notification_wire

_WAITS = {Limit.RATE: timedelta(seconds=30), Limit.CLOSED: timedelta(minutes=10), Limit.HELD: timedelta(seconds=30)}
_LONGEST_OUTAGE_WAIT = timedelta(minutes=15)

# 64 bits: two targets of one destination never have the same.
_KEY_DIGITS = 16

_NOTES = {Recorded.ALREADY_SENT: NoteCode.ALREADY_SENT, Recorded.OTHER_CONTENT: NoteCode.KEY_REUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One target of a destination; ``place`` names it for people, who find it in the routing file."""

    destination: str
    target: str
    place: str

    def key(self, notification: Notification, channel: str) -> str:
        """Return the key of the sent record, which holds no address."""
        return f"{notification.id}|{channel}|{self.destination}|{json_sha256(self.target)[:_KEY_DIGITS]}"


Result = Recorded | NotNowError | Failure
"""What came of a send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notification, its message, recipients and sends; ``results`` has what came of the sends, in their order."""

    message: Message
    notification: Notification
    recipients: Recipients
    sends: Sequence[Send]
    results: list[Result] = field(default_factory=list)

    @property
    def urgent(self) -> bool:
        """Whether it is sent before others, and from what is left of a quota when these wait."""
        return self.notification.severity is Severity.FATAL

    def outcome(self, now: datetime) -> Outcome:
        """Return what becomes of the message: it comes again while any send may succeed, and is parked for the rest.

        A provider that takes a part of it later uses up no receive, whatever came of the other parts.
        """
        results = list(zip(self.sends, self.results, strict=True))
        if postponed := [result for result in self.results if isinstance(result, NotNowError)]:
            until = max(now + _wait(error, now - self.message.waiting_since) for error in postponed)
            return Later(until=until, reason=postponed[0].reason)
        if retried := [result for result in self.results if isinstance(result, Retried)]:
            return retried[0]
        if self.recipients.error:
            return failed(self.recipients.error)
        if parked := [(send, result) for send, result in results if isinstance(result, Parked)]:
            return self._parked(parked)
        notes = dict.fromkeys(
            Note(code=_NOTES[result], reason=f"destination {send.destination}")
            for send, result in results
            if isinstance(result, Recorded) and result in _NOTES
        )
        sent_now = any(result is not Recorded.ALREADY_SENT for result in self.results)
        return Sent(
            notes=(*self.recipients.notes, *notes), heartbeat=_heartbeat(self.notification) if sent_now else None
        )

    def _parked(self, parked: Sequence[tuple[Send, Parked]]) -> Parked:
        """Return the message parked for the destinations that refused it, and no others where there are any."""
        reason = "; ".join(f"{send.place}: {result.reason}" for send, result in parked)
        refused = tuple(dict.fromkeys(send.destination for send, _ in parked))
        others = {send.destination for send in self.sends} - {*refused}
        body = notification_wire.narrowed(self.message, refused).body if others else ""
        return Parked(code=parked[0][1].code, reason=reason, body=body)


def _wait(error: NotNowError, waited: timedelta) -> timedelta:
    """Return how long to wait: what was asked for, else as the limit demands; in an outage half as long as so far."""
    if error.wait is not None:
        return error.wait
    return _WAITS.get(error.limit) or min(_LONGEST_OUTAGE_WAIT, max(_WAITS[Limit.RATE], waited / 2))


def _heartbeat(notification: Notification) -> datetime | None:
    """Return when a heartbeat was put on the bus; None for any other notification."""
    event = notification.event
    return event.time if event and event.drill and event.type == HEARTBEAT else None
