"""Standard events → notifications: who is spared, who is told, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra_events.domain.event import ResourceEvent
from infra_events.domain.notification import EventReference, Notification
from infra_events.domain.outcome import Note, NoteCode, Outcome, Parked, Retried, Sent, Suppressed, attempt, failed
from infra_events.enricher import Enricher, Tags
from infra_events.ports import EventPublisher, Message, Publication
from infra_events.wire import notification as notification_wire
from infra_events.wire import standard
from org_resource_event_notification_sender.words import Writer

IGNORE_TAG = "notify:ignore"
_CHANNELS = ("email",)
_REASON = "no routing is configured: every notification goes to the fallback destination"

_Draft = tuple[Publication, tuple[Note, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSender:
    """Turns a batch of standard messages into notifications: one tag look-up, then as few publishes as possible."""

    enricher: Enricher
    publisher: EventPublisher
    writer: Writer

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Answer one outcome per message, in order."""
        events = [attempt(standard.read, message) for message in messages]
        tags = self.enricher.tags_of(e.resource for e in events if isinstance(e, ResourceEvent))
        drafts = [self._draft(e, tags[e.resource]) if isinstance(e, ResourceEvent) else e for e in events]
        errors = iter(self.publisher.publish([draft[0] for draft in drafts if isinstance(draft, tuple)]))
        return [_sent(draft[1], next(errors)) if isinstance(draft, tuple) else draft for draft in drafts]

    def _draft(self, event: ResourceEvent, tags: Tags) -> _Draft | Suppressed | Parked | Retried:
        if tags.values.get(IGNORE_TAG, "").strip().lower() == "true":
            return Suppressed(event_id=event.id, reason=f"tag {IGNORE_TAG}=true")
        return attempt(self._write, event, tags)

    def _write(self, event: ResourceEvent, tags: Tags) -> _Draft:
        words, notes = self.writer.write(event, tags, _REASON)
        if tags.unavailable:
            notes = (*notes, Note(code=NoteCode.TAGS_UNAVAILABLE, reason=tags.unavailable))
        notification = Notification(
            id=event.id,
            subject=words.subject,
            text=words.text,
            html=words.html,
            severity=event.severity,
            reason=_REASON,
            event=EventReference(
                id=event.id, type=event.type, subject=event.resource, time=event.time, drill=event.drill
            ),
        )
        return notification_wire.write(notification, channels=_CHANNELS), notes


def _sent(notes: tuple[Note, ...], error: Exception | None) -> Outcome:
    return failed(error) if error else Sent(notes=notes)
