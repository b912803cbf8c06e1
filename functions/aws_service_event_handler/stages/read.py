"""First stage: a message becomes standard events, one for each resource that its event names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.generic import read_unmapped
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, attempt
from infra_events.domain.parent import Parent

_MOST_RESOURCES = 1000
_MOST_WITH_RAW = 20  # beyond, the messages of all resources would repeat the same detail
_RESOURCE_LIMIT = 2048  # as long as an ARN may be
_STATE_LIMIT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Reads events by their catalogue entry, or generically. A message that cannot be read is parked."""

    catalogue: Catalogue

    def __call__(self, works: Sequence[EventWork]) -> Sequence[EventWork]:
        """Return the works with their events, or with a failure as outcome."""
        return [self._read(work) for work in works]

    def _read(self, work: EventWork) -> EventWork:
        events = attempt(lambda: standardize(AwsEvent.read(work.message), self.catalogue))
        return replace(work, outcome=events) if isinstance(events, Failure) else replace(work, events=events)


def standardize(event: AwsEvent, catalogue: Catalogue) -> Sequence[ResourceEvent]:
    """Return a standard event for each resource; an event that names none is about its account.

    Raises PermanentError ``too_large`` for more than 1,000 resources.
    """
    reading = catalogue.read(event) or read_unmapped(event)
    found = reading.resources
    if len(found) > _MOST_RESOURCES:
        reason = f"the event names {len(found)} resources; at most {_MOST_RESOURCES} are accepted"
        raise PermanentError(ParkCode.TOO_LARGE, reason)
    parents = tuple(Parent(resource=arn) for arn in reading.parents)
    return [
        ResourceEvent(
            id=event.id if len(found) == 1 else f"{event.id}#{position}",
            parent_id=event.id,
            time=event.time,
            recorded_time=event.recorded_time,
            type=reading.type,
            source=event.source,
            origin=reading.origin,
            severity=reading.severity,
            account_id=event.account_id,
            region=event.region,
            resource=one.resource[:_RESOURCE_LIMIT],
            state=reading.state[:_STATE_LIMIT],
            previous_state=reading.previous_state,
            phase=reading.phase,
            transitional=reading.transitional,
            status=reading.status,
            reason=reading.reason,
            actor=reading.actor,
            summary=one.summary,
            link=one.link,
            raw=event.detail if len(found) <= _MOST_WITH_RAW else {},
            truncated=len(found) > _MOST_WITH_RAW,
            drill=event.drill,
            content_digest=event.content_digest,
            parents=parents,
            labels=reading.labels,
        )
        for position, one in enumerate(found, start=1)
    ]
