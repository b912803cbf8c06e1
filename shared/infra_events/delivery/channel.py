"""A channel: notifications in, outcomes out. Only the transport differs from channel to channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from infra_events.delivery.recipients import recipients_of
from infra_events.domain.deadline import OUT_OF_TIME, UNLIMITED, Deadline
from infra_events.domain.notification import HEARTBEAT, Notification
from infra_events.domain.outcome import Failure, Note, NoteCode, Outcome, Sent, Skipped, attempt, failed, worst
from infra_events.ports import Message, Recorded, SentLog, Transport
from infra_events.routing.model import Routing
from infra_events.wire import notification as notification_wire

_NOTES = {Recorded.ALREADY_SENT: NoteCode.ALREADY_SENT, Recorded.OTHER_CONTENT: NoteCode.KEY_REUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Delivers a batch of notifications, to one destination after the other, to each destination once.

    ``name`` is the channel's in the routing, in the attribute ``channels`` and in the sent record. The names of
    destinations become targets here and nowhere else.
    """

    name: str
    transport: Transport
    routing: Routing
    sent_log: SentLog

    def __call__(self, messages: Sequence[Message], deadline: Deadline = UNLIMITED) -> Sequence[Outcome]:
        """Return one outcome per message, in order; one that ``deadline`` leaves no time for is retried."""
        return [attempt(self._deliver, message) if deadline.may_begin() else OUT_OF_TIME for message in messages]

    def _deliver(self, message: Message) -> Outcome:
        """Try every destination, so that one that fails costs no other its notification; return the worst outcome.

        A notification that names other channels only is skipped, unread: those channels report what is wrong with it.
        One whose destinations only other channels reach is skipped as well.
        """
        named = notification_wire.channels(message)
        if named and self.name not in named:
            return Skipped()
        notification = notification_wire.read(message)
        recipients = recipients_of(notification.recipients, self.name, self.routing, named)
        results = [attempt(self._send, notification, name) for name in recipients.names]
        failures = [result for result in results if isinstance(result, Failure)]
        if recipients.error:
            failures.append(failed(recipients.error))
        if failures:
            return worst(failures)
        if not recipients.names:
            return Skipped()
        notes = tuple(
            Note(code=_NOTES[result], reason=f"destination {name}")
            for name, result in zip(recipients.names, results, strict=True)
            if isinstance(result, Recorded) and result in _NOTES
        )
        sent_now = any(result is not Recorded.ALREADY_SENT for result in results)
        return Sent(notes=recipients.notes + notes, heartbeat=_heartbeat(notification) if sent_now else None)

    def _send(self, notification: Notification, name: str) -> Recorded:
        """Send to one destination unless the sent record contains it.

        Where the record contains the key with another content, the content becomes part of the key: two notifications
        that share an id by mistake, or because somebody guessed it, are both sent, each once.
        """
        key, content = f"{notification.id}|{self.name}|{name}", notification.content_digest
        send = partial(self.transport.send, self.routing.destinations[name].targets[self.name], notification)
        recorded = self.sent_log.once(key, content, send)
        if recorded is not Recorded.OTHER_CONTENT:
            return recorded
        again = self.sent_log.once(f"{key}|{content}", content, send)
        return Recorded.OTHER_CONTENT if again is Recorded.SENT else again


def _heartbeat(notification: Notification) -> datetime | None:
    """Return when a heartbeat was put on the bus; None for any other notification."""
    event = notification.event
    return event.time if event and event.drill and event.type == HEARTBEAT else None
