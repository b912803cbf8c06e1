"""Decide: the routing file suppresses an event, or sends it to destinations."""

from collections.abc import Sequence
from dataclasses import replace

from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode, Suppressed, attempt
from infra_events.routing import decision
from infra_events.routing.decision import Decision, Result
from infra_events.routing.model import Routing
from org_resource_event_notification_sender.work import Work, required


def decide(works: Sequence[Work], *, routing: Routing) -> Sequence[Work]:
    """Return each work with its decision, and suppressed where that is the decision."""
    return [_decide(work, routing) for work in works]


def _decide(work: Work, routing: Routing) -> Work:
    """Decide on one event; if the routing fails, it goes to the fallback with a note."""
    event = required(work.event)
    decided = attempt(_by_routing, work, event, routing)
    if not isinstance(decided, Work):
        note = Note(code=NoteCode.ROUTING_FAILED, reason=decided.reason)
        return replace(work, decision=_fallback(event, routing), notes=(*work.notes, note))
    return decided


def _by_routing(work: Work, event: ResourceEvent, routing: Routing) -> Work:
    named = replace(event, name=event.name or routing.name_of(event))
    made = decision.decide(routing, named, work.at)
    suppressed = Suppressed(event_id=event.id, reason=made.reason) if made.result is Result.SUPPRESS else None
    return replace(work, event=named, decision=made, outcome=suppressed)


def _fallback(event: ResourceEvent, routing: Routing) -> Decision:
    return Decision(
        result=Result.SEND,
        owner="",
        severity=event.severity,
        destinations=(routing.fallback,),
        reason="the routing could not decide, so it goes to the fallback",
        steps=(),
    )
