"""Last stage: every event goes to the topic of each message version, and to its owner's dedicated topic."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.deadline import OUT_OF_TIME, UNLIMITED, Deadline
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, Note, NoteCode, Outcome, Sent, attempt, failed, worst
from infra_events.ports import EventPublisher, Publication
from infra_events.wire import v1, v2

WRITERS = {"1": v1.write, "2": v2.write}
"""The function that writes a standard event, by message version."""
ENRICHED = "2"
"""The version that carries tags: without its topic no tags are read."""

_AT_ONCE = 10
# As many calls as ten plain events take, or twenty with two versions: one after the other they share one connection.
_FEW = 4

_A = TypeVar("_A")
_B = TypeVar("_B")


class Map(Protocol):
    """Calls a function for each item, like ``map``; it may do so in several threads. Results are in order."""

    def __call__(self, function: Callable[[_A], _B], items: Sequence[_A], /) -> Iterable[_B]:
        """Return the results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publishes the events of a batch, and finishes one message before the next.

    ``publishers`` are keyed by message version. An owner in ``owner_publishers`` has a dedicated topic of the enriched
    version for its events alone, beside the topic for all. A message is not begun where ``deadline`` leaves no time for
    it. The calls for an event of many resources are made by ``many``.
    """

    publishers: Mapping[str, EventPublisher]
    owner_publishers: Mapping[str, EventPublisher] = field(default_factory=dict)
    deadline: Deadline = UNLIMITED
    many: Map = map

    def __call__(self, works: Sequence[EventWork]) -> Sequence[EventWork]:
        """Return the works with their outcomes: a failure where a topic refused any of the events."""
        batch = _Batch(self)
        failures = [batch.begin(work.events) if self.deadline.may_begin() else None for work in works]
        batch.finish()
        return [
            replace(work, outcome=OUT_OF_TIME if failed_events is None else _outcome(work.events, failed_events))
            for work, failed_events in zip(works, failures, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event to publish, and the list for the failures of its message."""

    event: ResourceEvent
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class _Topic:
    """A topic and the message version that is published there."""

    publisher: EventPublisher
    version: str


class _Batch:
    """The events of the messages that were begun. A call takes ten, so at most nine wait for those of the next one."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        everywhere = [_Topic(publisher, version) for version, publisher in publish.publishers.items()]
        self._everyone: tuple[list[_Entry], Sequence[_Topic]] = ([], everywhere)
        self._owners: dict[str, tuple[list[_Entry], Sequence[_Topic]]] = {
            owner: ([], [_Topic(publisher, ENRICHED)]) for owner, publisher in publish.owner_publishers.items()
        }

    def begin(self, events: Sequence[ResourceEvent]) -> Sequence[Failure]:
        """Publish the events of a message; return its failures, which are complete after ``finish``."""
        failures: list[Failure] = []
        for event in events:
            entry = _Entry(event, failures)
            self._everyone[0].append(entry)
            if event.owner in self._owners:
                self._owners[event.owner][0].append(entry)
        self._send(at_least=_AT_ONCE)
        return failures

    def finish(self) -> None:
        """Publish what still waits."""
        self._send(at_least=1)

    def _send(self, *, at_least: int) -> None:
        """Publish ten events after the other to all their topics, while ``at_least`` as many wait."""
        calls: list[tuple[_Topic, Sequence[_Entry]]] = []
        for waiting, topics in (self._everyone, *self._owners.values()):
            while len(waiting) >= at_least:
                calls += [(topic, waiting[:_AT_ONCE]) for topic in topics]
                del waiting[:_AT_ONCE]
        each: Map = self._publish.many if len(calls) > _FEW else map
        for (_, entries), failures in zip(calls, each(self._call, calls), strict=True):
            for entry, failure in zip(entries, failures, strict=True):
                entry.failures.extend([failure] if failure else [])

    def _call(self, call: tuple[_Topic, Sequence[_Entry]]) -> Sequence[Failure | None]:
        """Write and publish ten events: no more messages are in memory than that for each call under way."""
        topic, entries = call
        if not self._publish.deadline.may_go_on():
            return [OUT_OF_TIME] * len(entries)
        written = [attempt(WRITERS[topic.version], entry.event) for entry in entries]
        published = attempt(topic.publisher.publish, [one for one in written if isinstance(one, Publication)])
        if isinstance(published, Failure):  # of no message in particular, so all of the call have it
            return [one if isinstance(one, Failure) else published for one in written]
        errors = iter(published)
        return [one if isinstance(one, Failure) else _failure(next(errors)) for one in written]


def _failure(error: Exception | None) -> Failure | None:
    return failed(error) if error else None


def _outcome(events: Sequence[ResourceEvent], failures: Sequence[Failure]) -> Outcome:
    """Return the outcome of a message: to retry it repeats the same ids, to park it does not lose other resources."""
    if failures:
        return worst(failures)
    reasons = dict.fromkeys(event.unread_tags for event in events if event.unread_tags)
    return Sent(notes=tuple(Note(code=NoteCode.TAGS_UNAVAILABLE, reason=reason) for reason in reasons))
