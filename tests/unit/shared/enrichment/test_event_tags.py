"""The one rule for tags that tag-change events bring."""

from datetime import timedelta
from typing import Any

import pytest

from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment import event_tags
from tests.support.builders import INSTANCE, NOON, resource_event


def change(tags: Any, **overrides: Any) -> ResourceEvent:
    values = {"type": event_tags.TAGS_CHANGED, "source": "aws.tag", "raw": {"tags": tags}} | overrides
    return resource_event(**values)


def test_the_newest_change_of_a_resource_counts_in_any_order() -> None:
    old = change({"Name": "old"}, time=NOON - timedelta(hours=1))
    new = change({"Name": "web-1"})
    expected = {INSTANCE: Tags(values={"Name": "web-1"}, status=TagsStatus.LIVE, as_of=NOON)}
    assert event_tags.of([old, new]) == event_tags.of([new, old]) == expected


def test_only_texts_with_a_key_are_tags() -> None:
    assert event_tags.of([change({"Owner": 7, "": "x", "Name": "web-1"})])[INSTANCE].values == {"Name": "web-1"}


@pytest.mark.parametrize(
    "event",
    [
        change({"Name": "web-1"}, drill=True),
        change({"Name": "web-1"}, type="infra.aws.ec2.instance.state_changed"),
        change(None),
        change(["Name"]),
        change({}, raw={}),
    ],
)
def test_no_other_event_brings_tags(event: ResourceEvent) -> None:
    assert event_tags.of([event]) == {}
