"""Standard events → notifications: who is spared, who is told, and why."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from infra_events.content.content import Writer
from infra_events.domain.event import ResourceEvent
from infra_events.domain.notification import EventReference, Notification
from infra_events.domain.outcome import Note, NoteCode, Outcome, Parked, Retried, Sent, Suppressed, attempt, failed
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.text import one_line
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import EventPublisher, Message, Publication
from infra_events.routing.decision import Decision, Result, decide, ignored
from infra_events.routing.model import Routing
from infra_events.wire import notification as notification_wire
from infra_events.wire import standard

_CHANNELS = ("email",)
_REASON_LIMIT = 1024
_BODY_LIMIT = 240 * 1024  # SNS takes 256 KiB, attributes included
_POSITION = re.compile(r"#[1-9][0-9]*$")

_Draft = tuple[Publication, tuple[Note, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An event that people are told of; ``message`` is its message's position in the batch."""

    message: int
    event: ResourceEvent
    decision: Decision
    notes: tuple[Note, ...]

    @property
    def shared(self) -> tuple[object, ...]:
        """What events have in common that are told in one notification."""
        event, decision = self.event, self.decision
        same_event = (_parent(event), event.type, event.state, event.drill)
        return (*same_event, decision.owner, tuple(decision.destinations), decision.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSender:
    """Turns a batch of standard messages into notifications.

    Events of one parent that go to the same people, as equally serious, are one notification. There is one tag look-up
    a batch, for the events that nobody has enriched yet, and as few publishes as possible.
    """

    routing: Routing
    enricher: Enricher
    publisher: EventPublisher
    writer: Writer
    clock: Callable[[], datetime]

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Answer one outcome per message, in order; what is told in one notification shares its fate."""
        at = self.clock()
        read = [attempt(self._read, message, at) for message in messages]
        tags = self.enricher.tags_of(e.resource for e in read if isinstance(e, ResourceEvent) and _not_enriched(e))
        decided = [
            self._decide(position, _enriched(one, tags), at) if isinstance(one, ResourceEvent) else one
            for position, one in enumerate(read)
        ]
        told = self._tell(one for one in decided if isinstance(one, _Told))
        return [told[one.message] if isinstance(one, _Told) else one for one in decided]

    def _read(self, message: Message, at: datetime) -> ResourceEvent | Suppressed:
        """Read an event; one that is ignored for what it says itself costs no look-up. Raises PermanentError."""
        event = standard.read(message)
        # Should this fail, so will the decision, which tells.
        early = attempt(ignored, self.routing, event, at)
        return Suppressed(event_id=event.id, reason=early.reason) if isinstance(early, Decision) else event

    def _decide(self, position: int, event: ResourceEvent, at: datetime) -> _Told | Suppressed:
        """Ask the routing; should it fail, the fallback is told, and why."""
        notes: tuple[Note, ...] = ()
        if event.tags.status is TagsStatus.UNAVAILABLE:
            notes = (Note(code=NoteCode.TAGS_UNAVAILABLE, reason=event.tags.unavailable),)
        decided = attempt(self._route, event, at)
        if isinstance(decided, Parked | Retried):
            notes = (*notes, Note(code=NoteCode.ROUTING_FAILED, reason=decided.reason))
            decided = event, self._fallback(event)
        event, decision = decided
        if decision.result is Result.SUPPRESS:
            return Suppressed(event_id=event.id, reason=decision.reason)
        return _Told(message=position, event=event, decision=decision, notes=notes)

    def _route(self, event: ResourceEvent, at: datetime) -> tuple[ResourceEvent, Decision]:
        named = replace(event, name=event.name or self.routing.name_of(event))
        return named, decide(self.routing, named, at)

    def _fallback(self, event: ResourceEvent) -> Decision:
        return Decision(
            result=Result.SEND,
            owner="",
            severity=event.severity,
            destinations=(self.routing.fallback,),
            reason="the routing could not decide, so it goes to the fallback",
            steps=(),
        )

    def _tell(self, told: Iterable[_Told]) -> Mapping[int, Outcome]:
        """Publish all; answer what became of each by its message's position."""
        groups: dict[tuple[object, ...], list[_Told]] = {}
        for one in told:
            groups.setdefault(one.shared, []).append(one)
        drafts = [draft for group in groups.values() for draft in self._drafts(group)]
        errors = iter(self.publisher.publish([draft[0] for _, draft in drafts if isinstance(draft, tuple)]))
        outcomes: dict[int, Outcome] = {}
        for group, draft in drafts:
            error = next(errors) if isinstance(draft, tuple) else None
            for one in group:
                outcomes[one.message] = _outcome(one, draft, error)
        return outcomes

    def _drafts(self, group: Sequence[_Told]) -> Iterator[tuple[Sequence[_Told], _Draft | Parked | Retried]]:
        """Write one notification of a group; two of its halves where that fails, or is larger than SNS takes."""
        draft = attempt(self._write, group)
        if len(group) > 1 and not (isinstance(draft, tuple) and len(draft[0].body.encode()) <= _BODY_LIMIT):
            half = len(group) // 2
            yield from self._drafts(group[:half])
            yield from self._drafts(group[half:])
        else:
            yield group, draft

    def _write(self, group: Sequence[_Told]) -> _Draft:
        # One event may have come twice in a batch.
        events = list({(one.event.id, one.event.resource): one.event for one in group}.values())
        events.sort(key=lambda event: (event.name or event.resource, event.id))
        reasons = "; ".join(dict.fromkeys(one.decision.reason for one in group))
        decision = replace(group[0].decision, reason=one_line(reasons, _REASON_LIMIT))
        words, notes = self.writer.write(events, decision)
        first = events[0]
        notification = Notification(
            id=_notification_id(events),
            subject=words.subject,
            text=words.text,
            html=words.html,
            severity=decision.severity,
            owner=decision.owner or None,
            recipients=tuple(decision.destinations),
            reason=decision.reason,
            event=EventReference(
                id=first.id if len(events) == 1 else _parent(first),
                type=first.type,
                subject=first.resource,
                time=first.time,
                drill=first.drill,
            ),
        )
        return notification_wire.write(notification, channels=_CHANNELS), notes


def _not_enriched(event: ResourceEvent) -> bool:
    return event.tags.status is TagsStatus.NOT_REQUESTED


def _enriched(event: ResourceEvent, tags: Mapping[str, Tags]) -> ResourceEvent:
    return replace(event, tags=tags[event.resource]) if _not_enriched(event) else event


def _parent(event: ResourceEvent) -> str:
    """The id of the event that named several resources; version 1 carries it only within its own, ``<parent>#<n>``."""
    return event.parent_id or _POSITION.sub("", event.id)


def _notification_id(events: Sequence[ResourceEvent]) -> str:
    """An event's own id; of several one that no other company gives.

    A channel sends an id once: an event that comes again with others may so be told twice, and is never taken for told.
    """
    ids = sorted({event.id for event in events})
    if len(ids) == 1:
        return ids[0]
    return f"{_parent(events[0])}#{hashlib.sha256(json.dumps(ids).encode()).hexdigest()}"


def _outcome(told: _Told, draft: _Draft | Parked | Retried, error: Exception | None) -> Outcome:
    if isinstance(draft, Parked | Retried):
        return draft
    return failed(error) if error else Sent(notes=(*draft[1], *told.notes))
