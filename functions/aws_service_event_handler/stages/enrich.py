"""Second stage: events get the tags of their resources, with one look-up for the whole batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, attempt
from infra_events.domain.tags import Tags
from infra_events.enrichment import event_tags
from infra_events.enrichment.enricher import Enricher, always
from infra_events.routing.model import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrich:
    """Adds to events the tags of their resource, and the name and owner that these mean by the routing."""

    enricher: Enricher
    routing: Routing

    def __call__(self, works: Sequence[EventWork], in_time: Callable[[], bool] = always) -> Sequence[EventWork]:
        """Return the works with enriched events, as far as tags can be read ``in_time``; others stay as they were."""
        events = [event for work in works for event in work.events]
        brought = event_tags.of(events, account_id=self.enricher.account_id, region=self.enricher.region)
        tags = self.enricher.tags_of((event.resource for event in events), event_tags=brought, in_time=in_time)
        return [
            replace(work, events=[self._enriched(event, tags[event.resource]) for event in work.events])
            for work in works
        ]

    def _enriched(self, event: ResourceEvent, tags: Tags) -> ResourceEvent:
        enriched = attempt(self._with_tags, event, tags)
        return event if isinstance(enriched, Failure) else enriched

    def _with_tags(self, event: ResourceEvent, tags: Tags) -> ResourceEvent:
        tagged = replace(event, tags=tags)
        return replace(tagged, name=self.routing.name_of(tagged), owner=self.routing.owner_of(tagged).owner)
