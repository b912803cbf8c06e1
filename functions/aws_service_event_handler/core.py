"""The standardizer: AWS events → standard messages, in three stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.enrich import Enrich
from aws_service_event_handler.stages.publish import Publish
from aws_service_event_handler.stages.read import Read
from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.outcome import Outcome
from infra_events.domain.stages import Stage, run
from infra_events.ports import EventPublisher, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardizer:
    """Turns a batch of AWS events into standard messages: read → enrich → publish.

    Without ``enrich`` the messages carry no tags, names or owners.
    """

    catalogue: Catalogue
    publishers: Mapping[str, EventPublisher]
    enrich: Enrich | None = None
    owner_publishers: Mapping[str, EventPublisher] = field(default_factory=dict)

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Return one outcome per message: parked when it cannot be read, retried when a topic failed for any event."""
        publish = Publish(publishers=self.publishers, owner_publishers=self.owner_publishers)
        enrich: list[Stage[EventWork]] = [self.enrich] if self.enrich else []
        return run([Read(catalogue=self.catalogue), *enrich, publish], [EventWork(message=one) for one in messages])

    def enriching(self, enrich: Enrich, owner_publishers: Mapping[str, EventPublisher]) -> "Standardizer":
        """Return a standardizer that also enriches events, and publishes to the dedicated topics of owners."""
        return replace(self, enrich=enrich, owner_publishers=owner_publishers)
