"""Notifications → mails: names become addresses here and nowhere else, and each destination gets each mail once."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra_events.domain.notification import HEARTBEAT, Notification
from infra_events.domain.outcome import Note, NoteCode, Outcome, Parked, Retried, Sent, attempt
from infra_events.ports import Email, Mailer, Message, SentLog
from infra_events.routing.model import Routing
from infra_events.wire import notification as notification_wire

_CHANNEL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSender:
    """Mails a batch of notifications, one destination after the other."""

    mailer: Mailer
    sent_log: SentLog
    routing: Routing

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Answer one outcome per message, in order."""
        return [attempt(self._deliver, message) for message in messages]

    def _deliver(self, message: Message) -> Outcome:
        """Try every destination, so that one which refuses does not cost another its mail; then tell the worst."""
        notification = notification_wire.read(message)
        names, notes = _resolve(notification.recipients, self.routing)
        results = [attempt(self._mail, notification, name) for name in names]
        failures = [result for result in results if isinstance(result, Parked | Retried)]
        if failures:
            return next((f for f in failures if isinstance(f, Retried)), failures[0])
        already = tuple(
            Note(code=NoteCode.ALREADY_SENT, reason=f"destination {name}")
            for name, called in zip(names, results, strict=True)
            if not called
        )
        beat = notification.event if any(results) else None
        return Sent(
            notes=notes + already,
            heartbeat=beat.time if beat and beat.drill and beat.type == HEARTBEAT else None,
        )

    def _mail(self, notification: Notification, name: str) -> bool:
        """Answer whether a mail was sent now; it was sent before otherwise."""
        email = Email(
            to=self.routing.destinations[name].targets[_CHANNEL],
            subject=notification.subject,
            text=notification.text,
            html=notification.html,
        )
        return self.sent_log.once(f"{notification.id}|{_CHANNEL}|{name}", lambda: self.mailer.send(email))


def _resolve(recipients: Sequence[str], routing: Routing) -> tuple[Sequence[str], tuple[Note, ...]]:
    """Answer destinations that can be mailed, and a note for what went to the fallback instead. Never empty."""
    reasons = [reason for name in recipients if (reason := _unreachable(name, routing))]
    names = [name for name in recipients if not _unreachable(name, routing)]
    if names and not reasons:
        return names, ()
    note = Note(code=NoteCode.FALLBACK_USED, reason=", ".join(reasons) or "no recipient named")
    return list(dict.fromkeys((*names, routing.fallback))), (note,)


def _unreachable(name: str, routing: Routing) -> str:
    """Say why a destination cannot be mailed; empty where it can."""
    if name not in routing.destinations:
        return f"unknown destination {name}"
    return "" if routing.destinations[name].targets.get(_CHANNEL) else f"destination {name} has no email address"
