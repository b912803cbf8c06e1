"""What tags add to standard events, before they are told to anybody: a batch is one look-up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, attempt
from infra_events.domain.tags import Tags
from infra_events.enrichment import event_tags
from infra_events.enrichment.enricher import Enricher
from infra_events.routing.model import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """Gives events their resource's tags, and what these say by the routing: its name and its owner."""

    enricher: Enricher
    routing: Routing

    def __call__(self, events: Sequence[ResourceEvent]) -> Iterator[ResourceEvent]:
        """Answer the same events, in order; one that cannot be enriched stays as it was."""
        tags = self.enricher.tags_of((event.resource for event in events), event_tags=event_tags.of(events))
        for event in events:
            enriched = attempt(self._enriched, event, tags[event.resource])
            yield event if isinstance(enriched, Failure) else enriched

    def _enriched(self, event: ResourceEvent, tags: Tags) -> ResourceEvent:
        tagged = replace(event, tags=tags)
        return replace(tagged, name=self.routing.name_of(tagged), owner=self.routing.owner_of(tagged).owner)
