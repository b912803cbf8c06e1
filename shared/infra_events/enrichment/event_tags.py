"""Tags that events themselves bring: a tag-change event holds all tags that its resource has after the change.

https://docs.aws.amazon.com/tag-editor/latest/userguide/tag-monitor.html
"""

from collections.abc import Iterable, Mapping

from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus

TAGS_CHANGED = "infra.aws.tag.resource.tags_changed"
"""The type of tag-change events (catalogue/tag.yaml)."""


def of(events: Iterable[ResourceEvent]) -> Mapping[str, Tags]:
    """Return the newest tags that tag-change events among ``events`` bring, by resource.

    A drill changed no tags. A key that is empty, or a value that is no text, is no tag.
    """
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
