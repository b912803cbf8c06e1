"""The standardizer: AWS events → standard messages, in three stages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.enrich import Enrich
from aws_service_event_handler.stages.publish import Map, Publish
from aws_service_event_handler.stages.read import Read
from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.deadline import OUT_OF_TIME, UNLIMITED, Deadline
from infra_events.domain.outcome import Outcome
from infra_events.domain.stages import Stage, run
from infra_events.enrichment.enricher import Enricher
from infra_events.ports import EventPublisher, Message
from infra_events.routing.model import Routing

# Most events that name one resource are no longer than that (characters); one of many resources is.
_SHORT = 4_096
# So many events are in memory at a time, and then those of one more message; a batch of plain events is one portion.
_PORTION = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardizer:
    """Turns a batch of AWS events into standard messages: read → enrich → publish.

    Without ``enrich`` the messages carry no tags, names or owners. ``many`` makes the calls for an event of many
    resources.
    """

    catalogue: Catalogue
    publishers: Mapping[str, EventPublisher]
    enrich: Enrich | None = None
    owner_publishers: Mapping[str, EventPublisher] = field(default_factory=dict)
    many: Map = map

    def __call__(self, messages: Sequence[Message], deadline: Deadline = UNLIMITED) -> Sequence[Outcome]:
        """Return one outcome per message, in order: parked when it cannot be read, retried when a topic failed for it.

        A message that ``deadline`` leaves no time for is retried without having been begun. Short messages come first,
        in their order, then longer ones by length, so that events of many resources cost others no time.
        """
        publish = Publish(
            publishers=self.publishers, owner_publishers=self.owner_publishers, deadline=deadline, many=self.many
        )
        enrich: list[Stage[EventWork]] = [partial(self.enrich, in_time=deadline.may_begin)] if self.enrich else []
        order = sorted(range(len(messages)), key=lambda position: max(len(messages[position].body), _SHORT))
        outcomes: list[Outcome] = []
        for portion in self._portions([messages[position] for position in order], deadline):
            outcomes += run([*enrich, publish], portion)
        return [outcome for _, outcome in sorted(zip(order, outcomes, strict=True), key=lambda pair: pair[0])]

    def _portions(self, messages: Sequence[Message], deadline: Deadline) -> Iterator[Sequence[EventWork]]:
        """Yield works that were read, so many at a time that their events fit into memory."""
        read, portion = Read(catalogue=self.catalogue), list[EventWork]()
        for message in messages:
            work = EventWork(message=message)
            portion += read([work]) if deadline.may_begin() else [replace(work, outcome=OUT_OF_TIME)]
            if sum(len(work.events) for work in portion) >= _PORTION:
                yield portion
                portion = []
        if portion:
            yield portion

    def enriching(
        self, enricher: Enricher, routing: Routing, owner_publishers: Mapping[str, EventPublisher]
    ) -> "Standardizer":
        """Return a standardizer that also enriches events, and publishes to the dedicated topics of owners."""
        return replace(self, enrich=Enrich(enricher=enricher, routing=routing), owner_publishers=owner_publishers)
