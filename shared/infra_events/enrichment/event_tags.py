"""Tags that events themselves bring: a tag-change event holds all tags that its resource has after the change.

https://docs.aws.amazon.com/tag-editor/latest/userguide/tag-monitor.html
"""

from collections.abc import Iterable, Mapping

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus

TAGS_CHANGED = "infra.aws.tag.resource.tags_changed"
"""The type of tag-change events (catalogue/tag.yaml)."""


def of(events: Iterable[ResourceEvent], *, account_id: str, region: str) -> Mapping[str, Tags]:
    """Return the newest tags that tag-change events among ``events`` bring, by resource.

    An event is believed only from this account, and about a resource of this account and region: its tags decide who is
    notified of the resource, and whether anybody is. A drill changed no tags. A key that is empty, or a value that is
    no text, is no tag.
    """
    changes = [
        event
        for event in events
        if event.type == TAGS_CHANGED
        and not event.drill
        and event.account_id == account_id
        and _is_of(event.resource, account_id, region)
    ]
    return {
        event.resource: Tags(
            values={key: value for key, value in event.raw["tags"].items() if key and isinstance(value, str)},
            status=TagsStatus.LIVE,
            as_of=event.time,
        )
        for event in sorted(changes, key=lambda event: event.time)
        if isinstance(event.raw.get("tags"), Mapping)
    }


def _is_of(resource: str, account_id: str, region: str) -> bool:
    """Return whether a resource is of an account and region, as far as its ARN names them (a bucket's does not)."""
    arn = Arn.parse(resource)
    return arn is not None and arn.account_id in ("", account_id) and arn.region in ("", region)
