"""Write: each group becomes a notification to each of its destinations, or several where one is too large for SNS."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from infra_events.content.rendering import Renderer
from infra_events.delivery.recipients import channels_of
from infra_events.domain.event import ResourceEvent
from infra_events.domain.notification import EventReference, Notification
from infra_events.domain.outcome import attempt
from infra_events.domain.text import one_line
from infra_events.ports import Publication
from infra_events.routing.model import Routing
from infra_events.wire import notification as notification_wire
from org_resource_event_notification_sender.work import Draft, Group, Work, required

_REASON_LIMIT = 1024
_BODY_LIMIT = 240 * 1024  # SNS takes 256 KiB, attributes included


def write(works: Sequence[Work], *, routing: Routing, renderer: Renderer) -> Sequence[Work]:
    """Return each work with the drafts of its group's notification; one that cannot be written has the outcome of that.

    Works of one group share their drafts, which differ in nothing but the destination and its channels.
    """
    members: dict[Group, list[int]] = {}
    for position, work in enumerate(works):
        members.setdefault(required(work.group), []).append(position)
    written: dict[int, Work] = {}
    for group, positions in members.items():
        drafts = partial(_drafts, group=group, routing=routing, renderer=renderer)
        written |= zip(positions, _written([works[p] for p in positions], drafts), strict=True)
    return [written[position] for position in range(len(works))]


def _written(works: Sequence[Work], drafts: Callable[[Sequence[Work]], tuple[Draft, ...]]) -> Sequence[Work]:
    """Write one notification; two halves where that fails, or is larger than SNS takes, until a single work is left."""
    result = attempt(drafts, works)
    fits = isinstance(result, tuple) and all(len(draft.publication.body.encode()) <= _BODY_LIMIT for draft in result)
    if not fits and len(works) > 1:
        half = len(works) // 2
        return [*_written(works[:half], drafts), *_written(works[half:], drafts)]
    if isinstance(result, tuple):
        return [replace(work, drafts=result) for work in works]
    return [replace(work, outcome=result) for work in works]


def _drafts(works: Sequence[Work], *, group: Group, routing: Routing, renderer: Renderer) -> tuple[Draft, ...]:
    """Render the notification once, and address it to each destination."""
    events = _distinct(works)
    decisions = [required(work.decision) for work in works]
    reasons = "; ".join(dict.fromkeys(decision.reason for decision in decisions))
    decision = replace(decisions[0], reason=one_line(reasons, _REASON_LIMIT))
    content = renderer.render(events, decision)
    first = events[0]
    notification = Notification(
        id=_notification_id(events, group.parent_id),
        subject=content.subject,
        text=content.text,
        html=content.html,
        severity=group.severity,
        owner=group.owner or None,
        reason=decision.reason,
        event=EventReference(
            id=first.id if len(events) == 1 else group.parent_id,
            type=group.type,
            subject=first.resource,
            time=first.time,
            drill=group.drill,
        ),
        content_digest=group.content_digest,
    )
    return tuple(
        Draft(publication=_addressed(notification, name, routing), notes=content.notes) for name in group.destinations
    )


def _addressed(notification: Notification, name: str, routing: Routing) -> Publication:
    """Write a notification to one destination, with the channels that deliver to it."""
    return notification_wire.write(replace(notification, recipients=(name,)), channels=channels_of(name, routing))


def _distinct(works: Sequence[Work]) -> Sequence[ResourceEvent]:
    """Return the events by name, then by id; one that the batch contains twice once."""
    events = {(event.id, event.resource): event for event in (required(work.event) for work in works)}
    return sorted(events.values(), key=lambda event: (event.name or event.resource, event.id))


def _notification_id(events: Sequence[ResourceEvent], parent_id: str) -> str:
    """Return the idempotency key: the event's id; of several the parent's id and a hash of all ids in the group.

    A channel delivers a key once. An event that comes again in another group is delivered again, and its notification
    is never mistaken for a duplicate.
    """
    ids = sorted({event.id for event in events})
    if len(ids) == 1:
        return ids[0]
    return f"{parent_id}#{hashlib.sha256(json.dumps(ids).encode()).hexdigest()}"
