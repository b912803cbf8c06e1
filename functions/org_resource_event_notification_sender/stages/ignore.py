"""Ignore: an event that the routing file ignores for what it states itself costs no tag look-up."""

from collections.abc import Sequence
from dataclasses import replace

from infra_events.domain.outcome import Suppressed, attempt
from infra_events.routing import decision
from infra_events.routing.model import Routing
from org_resource_event_notification_sender.work import Work, required


def ignore(works: Sequence[Work], *, routing: Routing) -> Sequence[Work]:
    """Return each work, suppressed where the routing file ignores its event without knowing its tags."""
    return [_ignore(work, routing) for work in works]


def _ignore(work: Work, routing: Routing) -> Work:
    event = required(work.event)
    # A failure here is no outcome: the decision evaluates the same rules again, and notes what failed.
    ignored = attempt(decision.ignored, routing, event, work.at)
    if not isinstance(ignored, decision.Decision):
        return work
    return replace(work, outcome=Suppressed(event_id=event.id, reason=ignored.reason))
