"""Last stage: every event goes to the topic of each message version, and to its owner's dedicated topic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, Note, NoteCode, Outcome, Sent, attempt, failed, worst
from infra_events.ports import EventPublisher, Publication
from infra_events.wire import v1, v2

WRITERS = {"1": v1.write, "2": v2.write}
"""The function that writes a standard event, by message version."""
ENRICHED = "2"
"""The version that carries tags: without its topic no tags are read."""

_AT_ONCE = 10

Failures = Sequence[Sequence[Failure]]
"""For each event, the failures of its publications; none where all topics accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publishes the events of a batch.

    ``publishers`` are keyed by message version. An owner in ``owner_publishers`` has a dedicated topic of the enriched
    version for its events alone, beside the topic for all.
    """

    publishers: Mapping[str, EventPublisher]
    owner_publishers: Mapping[str, EventPublisher] = field(default_factory=dict)

    def __call__(self, works: Sequence[EventWork]) -> Sequence[EventWork]:
        """Return the works with their outcomes: a failure where a topic refused any of the events."""
        failures = self._publish([event for work in works for event in work.events])
        finished, first = [], 0
        for work in works:
            last = first + len(work.events)
            finished.append(replace(work, outcome=_outcome(work.events, failures[first:last])))
            first = last
        return finished

    def _publish(self, events: Sequence[ResourceEvent]) -> Failures:
        failures: list[list[Failure]] = [[] for _ in events]
        for positions in _calls(range(len(events))):
            for version, publisher in self.publishers.items():
                _publish(publisher, version, events, positions, failures)
        for owner, owned in self._positions_by_owner(events).items():
            for positions in _calls(owned):
                _publish(self.owner_publishers[owner], ENRICHED, events, positions, failures)
        return failures

    def _positions_by_owner(self, events: Sequence[ResourceEvent]) -> Mapping[str, Sequence[int]]:
        positions: dict[str, list[int]] = {}
        for position, event in enumerate(events):
            if event.owner in self.owner_publishers:
                positions.setdefault(event.owner, []).append(position)
        return positions


def _calls(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield positions ten at a time, as one call takes: no more messages are in memory than that."""
    for start in range(0, len(positions), _AT_ONCE):
        yield positions[start : start + _AT_ONCE]


def _publish(
    publisher: EventPublisher,
    version: str,
    events: Sequence[ResourceEvent],
    positions: Sequence[int],
    failures: Sequence[list[Failure]],
) -> None:
    """Publish the events at some positions; add the failure of each that could not be written or published."""
    written = [attempt(WRITERS[version], events[position]) for position in positions]
    errors = iter(publisher.publish([one for one in written if isinstance(one, Publication)]))
    for position, one in zip(positions, written, strict=True):
        if isinstance(one, Failure):
            failures[position].append(one)
        elif error := next(errors):
            failures[position].append(failed(error))


def _outcome(events: Sequence[ResourceEvent], failures: Failures) -> Outcome:
    """Return the outcome of a message: to retry it repeats the same ids, to park it does not lose other resources."""
    if failed_publications := [failure for of_event in failures for failure in of_event]:
        return worst(failed_publications)
    reasons = dict.fromkeys(event.tags.unavailable for event in events if event.tags.unavailable)
    return Sent(notes=tuple(Note(code=NoteCode.TAGS_UNAVAILABLE, reason=reason) for reason in reasons))
