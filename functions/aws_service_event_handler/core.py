"""AWS events → standard events: pure decisions, one standard event per resource."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from aws_service_event_handler import generic
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, Note, NoteCode, Outcome, Retried, Sent, attempt, failed
from infra_events.ports import EventPublisher, Message, Publication
from infra_events.wire import v1, v2

WRITERS = {"1": v1.write, "2": v2.write}
"""How a standard event is written, by message version."""
ENRICHED = "2"
"""The version that carries tags: where it is not published, nobody asks for any."""

_AT_ONCE = 10
_MOST_RESOURCES = 1000
_RAW_FOR = 20  # beyond, each resource's message would carry the same detail once more
_RESOURCE_LIMIT = 2048  # as long as an ARN may be
_STATE_LIMIT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardizer:
    """Turns a batch of AWS events into standard messages on the topic of each message version.

    ``enrich`` adds what tags say to events, in order. An owner in ``owner_publishers`` has a topic of the enriched
    version for its events alone, beside that for all.
    """

    catalogue: Catalogue
    publishers: Mapping[str, EventPublisher]
    enrich: Callable[[Sequence[ResourceEvent]], Iterable[ResourceEvent]] | None = None
    owner_publishers: Mapping[str, EventPublisher] = field(default_factory=dict)

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Answer one outcome per message: parked when it cannot be read, retried when any of its resources failed."""
        read = [attempt(self.standardize, message) for message in messages]
        events = [event for one in read if not isinstance(one, Failure) for event in one]
        if self.enrich:
            events = list(self.enrich(events))
        published = [_publish(publisher, version, events) for version, publisher in self.publishers.items()]
        failures = zip(*published, self._publish_to_owners(events), strict=True)
        each = zip(events, failures, strict=True)
        return [one if isinstance(one, Failure) else _outcome(islice(each, len(one))) for one in read]

    def standardize(self, message: Message) -> Sequence[ResourceEvent]:
        """Read one AWS event into standard events. Raises PermanentError when it cannot be read; never empty."""
        return standardize(AwsEvent.read(message), self.catalogue)

    def _publish_to_owners(self, events: Sequence[ResourceEvent]) -> Iterator[Failure | None]:
        """Publish each event to its owner's own topic, where there is one."""
        positions: dict[str, list[int]] = {}
        for position, event in enumerate(events):
            if event.owner in self.owner_publishers:
                positions.setdefault(event.owner, []).append(position)
        results: list[Failure | None] = [None] * len(events)
        for owner, owned in positions.items():
            published = _publish(self.owner_publishers[owner], ENRICHED, [events[position] for position in owned])
            for position, result in zip(owned, published, strict=True):
                results[position] = result
        yield from results


def _publish(publisher: EventPublisher, version: str, events: Sequence[ResourceEvent]) -> Iterator[Failure | None]:
    """Publish all, as many at once as one call takes, so that no more than these are held in writing."""
    for start in range(0, len(events), _AT_ONCE):
        written = [attempt(WRITERS[version], event) for event in events[start : start + _AT_ONCE]]
        errors = iter(publisher.publish([one for one in written if isinstance(one, Publication)]))
        for one in written:
            error = next(errors) if isinstance(one, Publication) else None
            yield failed(error) if error else None if isinstance(one, Publication) else one


def standardize(event: AwsEvent, catalogue: Catalogue) -> Sequence[ResourceEvent]:
    """Make one standard event per resource; an event that names none speaks of its account."""
    reading = catalogue.read(event) or generic.read(event)
    found = reading.resources
    if len(found) > _MOST_RESOURCES:
        reason = f"the event names {len(found)} resources; more than {_MOST_RESOURCES} are not told one by one"
        raise PermanentError(ParkCode.TOO_LARGE, reason)
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
            raw=event.detail if len(found) <= _RAW_FOR else {},
            truncated=len(found) > _RAW_FOR,
            drill=event.drill,
        )
        for position, one in enumerate(found, start=1)
    ]


def _outcome(each: Iterable[tuple[ResourceEvent, Sequence[Failure | None]]]) -> Outcome:
    """One outcome for a message of many resources: retrying repeats the same ids, parking does not lose the rest."""
    results = list(each)
    failures = [failure for _, published in results for failure in published if failure]
    if failures:
        return next((f for f in failures if isinstance(f, Retried)), failures[0])
    reasons = dict.fromkeys(event.tags.unavailable for event, _ in results if event.tags.unavailable)
    return Sent(notes=tuple(Note(code=NoteCode.TAGS_UNAVAILABLE, reason=reason) for reason in reasons))
