"""Second stage: events get the tags of their resources and of these' parents, with one look-up for the whole batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aws_service_event_handler.stages.work import EventWork
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Failure, attempt
from infra_events.enrichment import event_tags
from infra_events.enrichment.enricher import Enricher, always
from infra_events.enrichment.families import enriched
from infra_events.routing.model import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrich:
    """Adds to events the tags of their resource and its parents, and the name and owner by these and the routing."""

    enricher: Enricher
    routing: Routing

    def __call__(self, works: Sequence[EventWork], in_time: Callable[[], bool] = always) -> Sequence[EventWork]:
        """Return the works with enriched events, as far as tags can be read ``in_time``; others stay as they were."""
        events = [event for work in works for event in work.events]
        brought = event_tags.of(events, account_id=self.enricher.account_id, region=self.enricher.region)
        tagged = iter(enriched(self.enricher, events, brought, in_time))
        return [replace(work, events=[self._owned(event, next(tagged)) for event in work.events]) for work in works]

    def _owned(self, event: ResourceEvent, tagged: ResourceEvent) -> ResourceEvent:
        owned = attempt(self._with_owner, tagged)
        return event if isinstance(owned, Failure) else owned

    def _with_owner(self, tagged: ResourceEvent) -> ResourceEvent:
        ownership = self.routing.owner_of(tagged)
        return replace(tagged, name=self.routing.name_of(tagged), owner=ownership.owner, tags_from=ownership.parent)
