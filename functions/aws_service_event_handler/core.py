"""AWS events → standard events: pure decisions, one standard event per resource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_service_event_handler import generic
from aws_service_event_handler.catalogue import Catalogue
from aws_service_event_handler.envelope import AwsEvent
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Outcome, Parked, Retried, Sent, attempt, failed
from infra_events.ports import EventPublisher, Message
from infra_events.wire import v1, v2

WRITERS = {"1": v1.write, "2": v2.write}
"""How a standard event is written, by message version."""

_RESOURCE_LIMIT = 2048  # as long as an ARN may be
_STATE_LIMIT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardizer:
    """Turns a batch of AWS events into standard messages on the topic of each message version."""

    catalogue: Catalogue
    publishers: Mapping[str, EventPublisher]

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Answer one outcome per message: parked when it cannot be read, retried when any of its resources failed."""
        read = [attempt(self.standardize, message) for message in messages]
        batch = [event for events in read if not isinstance(events, Parked | Retried) for event in events]
        errors = [self._publish(version, batch) for version in self.publishers]
        worst = iter(zip(*errors, strict=True))
        return [
            events if isinstance(events, Parked | Retried) else _outcome([next(worst) for _ in events])
            for events in read
        ]

    def standardize(self, message: Message) -> Sequence[ResourceEvent]:
        """Read one AWS event into standard events. Raises PermanentError when it cannot be read; never empty."""
        return standardize(AwsEvent.read(message), self.catalogue)

    def _publish(self, version: str, events: Sequence[ResourceEvent]) -> Sequence[Exception | None]:
        return self.publishers[version].publish([WRITERS[version](event) for event in events])


def standardize(event: AwsEvent, catalogue: Catalogue) -> Sequence[ResourceEvent]:
    """Make one standard event per resource; an event that names none speaks of its account."""
    reading = catalogue.read(event) or generic.read(event)
    found = reading.resources
    return [
        ResourceEvent(
            id=event.id if len(found) == 1 else f"{event.id}#{position}",
            parent_id=event.id,
            time=event.time,
            recorded_time=event.recorded_time,
            type=reading.type,
            source=event.source,
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
            raw=event.detail,
            drill=event.drill,
        )
        for position, one in enumerate(found, start=1)
    ]


def _outcome(errors: Sequence[tuple[Exception | None, ...]]) -> Outcome:
    """One outcome for a message of many resources: retrying repeats the same ids, parking does not lose the rest."""
    failures = [failed(error) for versions in errors for error in versions if error]
    return next((f for f in failures if isinstance(f, Retried)), failures[0] if failures else Sent())
