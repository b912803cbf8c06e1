"""The one rule for tags that tag-change events bring."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.enrichment import event_tags
from tests.support.builders import ACCOUNT, INSTANCE, NOON, REGION, resource_event


def change(tags: Any, **overrides: Any) -> ResourceEvent:
    values = {"type": event_tags.TAGS_CHANGED, "source": "aws.tag", "raw": {"tags": tags}} | overrides
    return resource_event(**values)


def of(events: Sequence[ResourceEvent]) -> Mapping[str, Tags]:
    return event_tags.of(events, account_id=ACCOUNT, region=REGION)


def test_the_newest_change_of_a_resource_counts_in_any_order() -> None:
    old = change({"Name": "old"}, time=NOON - timedelta(hours=1))
    new = change({"Name": "web-1"})
    expected = {INSTANCE: Tags(values={"Name": "web-1"}, status=TagsStatus.LIVE, as_of=NOON)}
    assert of([old, new]) == of([new, old]) == expected


def test_only_texts_with_a_key_are_tags() -> None:
    assert of([change({"Owner": 7, "": "x", "Name": "web-1"})])[INSTANCE].values == {"Name": "web-1"}


@pytest.mark.parametrize(
    "event",
    [
        change({"Name": "web-1"}, drill=True),
        change({"Name": "web-1"}, type="infra.aws.ec2.instance.state_changed"),
        change(None),
        change(["Name"]),
        change({}, raw={}),
        change({"Name": "web-1"}, account_id="444455556666"),
        change({"Name": "web-1"}, account_id=""),
        change({"Name": "web-1"}, resource=INSTANCE.replace(ACCOUNT, "444455556666")),
        change({"Name": "web-1"}, resource=INSTANCE.replace(REGION, "us-east-1")),
        change({"Name": "web-1"}, resource="i-0abc1234def567890"),
    ],
)
def test_no_other_event_brings_tags(event: ResourceEvent) -> None:
    assert of([event]) == {}


@pytest.mark.parametrize("resource", ["arn:aws:s3:::a-bucket", f"arn:aws:iam::{ACCOUNT}:role/worker"])
def test_an_arn_without_an_account_or_a_region_is_believed(resource: str) -> None:
    assert list(of([change({"Name": "web-1"}, resource=resource)])) == [resource]
