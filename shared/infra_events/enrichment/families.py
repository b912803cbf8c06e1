"""Events with the tags of their resources and of these' parents, by one look-up (docs/routing.md, "Parents")."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.parent import MOST_PARENTS, Parent, group_arn, lineage
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment.enricher import Enricher, always

_GROUP = "aws:autoscaling:groupname"
_STACK = "aws:cloudformation:stack-id"
_NONE: Mapping[str, Tags] = {}


def enriched(
    enricher: Enricher,
    events: Sequence[ResourceEvent],
    event_tags: Mapping[str, Tags] = _NONE,
    in_time: Callable[[], bool] = always,
) -> Sequence[ResourceEvent]:
    """Return the events with all tags that nobody asked for yet: of their resources and of what these belong to.

    What the event or an ARN names is read together with the resources. What only a resource's tags name, the Auto
    Scaling group of an instance or the stack that made a resource, is read after them, once. ``event_tags`` and
    ``in_time`` are those of ``Enricher.tags_of``. Raises nothing.
    """
    still = enricher.in_time(in_time)
    families = [_with_lineage(event) for event in events]
    found = dict(enricher.tags_of(_unread(families), event_tags, still, lasting=list(_unread_parents(families))))
    families = [_with_parents_by_tags(event, found) for event in families]
    if (more := [arn for arn in _unread_parents(families) if arn not in found]) and still():
        found |= enricher.tags_of(more, event_tags, still, lasting=more)
    return [_with_tags(event, found) for event in families]


def _with_lineage(event: ResourceEvent) -> ResourceEvent:
    """Add the parents that ARNs name, to an event whose producer did not look up any tags."""
    if event.tags.status is not TagsStatus.NOT_REQUESTED:
        return event
    return replace(event, parents=lineage(event.resource, event.parents))


def _with_parents_by_tags(event: ResourceEvent, found: Mapping[str, Tags]) -> ResourceEvent:
    """Add the parents that the tags of the resource name, as the last: they are the widest."""
    tags = found.get(event.resource) if _is_unread(event.tags) else None
    more = [Parent(resource=arn) for arn in _parents_by_tags(event.resource, tags.folded())] if tags else []
    known = {event.resource, *(parent.resource for parent in event.parents)}
    parents = (*event.parents, *(one for one in more if one.resource not in known))
    return replace(event, parents=parents[:MOST_PARENTS])


def _parents_by_tags(resource: str, tags: Mapping[str, str]) -> Iterator[str]:
    arn = Arn.parse(resource)
    if arn and (group := tags.get(_GROUP)):
        yield group_arn(group, arn.region, arn.account_id, arn.partition)
    if stack := Arn.parse(tags.get(_STACK, "")):
        yield str(stack)


def _is_unread(tags: Tags) -> bool:
    return tags.status is TagsStatus.NOT_REQUESTED


def _unread(events: Sequence[ResourceEvent]) -> Iterator[str]:
    yield from (event.resource for event in events if _is_unread(event.tags))
    yield from _unread_parents(events)


def _unread_parents(events: Iterable[ResourceEvent]) -> Iterator[str]:
    yield from (parent.resource for event in events for parent in event.parents if _is_unread(parent.tags))


def _with_tags(event: ResourceEvent, found: Mapping[str, Tags]) -> ResourceEvent:
    late = Tags.unknown("no time was left to read them")
    tags = found[event.resource] if _is_unread(event.tags) else event.tags
    parents = [
        replace(parent, tags=found.get(parent.resource, late)) if _is_unread(parent.tags) else parent
        for parent in event.parents
    ]
    return replace(event, tags=tags, parents=tuple(parents))
