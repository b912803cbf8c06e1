"""What tags add to standard events, before they are told to anybody: a batch is one look-up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Parked, Retried, attempt
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment.enricher import Enricher
from infra_events.routing.model import Routing

TAGS_CHANGED = "infra.aws.tag.resource.tags_changed"
"""Type of the event whose detail holds all tags that a resource has after the change.

https://docs.aws.amazon.com/tag-editor/latest/userguide/tag-monitor.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """Gives events their resource's tags, and what these say by the routing: its name and its owner."""

    enricher: Enricher
    routing: Routing

    def __call__(self, events: Sequence[ResourceEvent]) -> Iterator[ResourceEvent]:
        """Answer the same events, in order; one that cannot be enriched stays as it was."""
        tags = self.enricher.tags_of((event.resource for event in events), told=_told(events))
        for event in events:
            enriched = attempt(self._enriched, event, tags[event.resource])
            yield event if isinstance(enriched, Parked | Retried) else enriched

    def _enriched(self, event: ResourceEvent, tags: Tags) -> ResourceEvent:
        tagged = replace(event, tags=tags)
        return replace(tagged, name=self.routing.name_of(tagged), owner=self.routing.owner_of(tagged).owner)


def _told(events: Sequence[ResourceEvent]) -> Mapping[str, Tags]:
    """The tags that tag-change events bring, the newest of each resource; a drill changed none."""
    changes = [event for event in events if event.type == TAGS_CHANGED and not event.drill]
    return {
        event.resource: Tags(
            values={key: value for key, value in event.raw["tags"].items() if key and isinstance(value, str)},
            status=TagsStatus.LIVE,
            as_of=event.time,
        )
        for event in sorted(changes, key=lambda event: event.time)
        if isinstance(event.raw.get("tags"), Mapping)
    }
