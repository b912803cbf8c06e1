"""The enricher as Lambda makes it: how many calls it takes."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from infra_events.aws import tag_reading
from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.domain.parent import Parent
from infra_events.domain.tags import TagsStatus
from infra_events.enrichment.families import enriched
from tests.support.adapters import counted, create_table, instances, tagging_api
from tests.support.builders import NOON, resource_event

pytestmark = pytest.mark.usefixtures("aws")


@pytest.mark.parametrize(
    ("service", "look_ups"),
    [("sqs", ["GetResources 100"] * 10), ("ec2", ["DescribeTags"] * 10)],
)
def test_a_thousand_events_are_ten_look_ups_and_only_a_new_process_reads_snapshots(
    service: str, look_ups: list[str]
) -> None:
    create_table("Tags", "arn")
    arns = [f"arn:aws:sqs:eu-west-1:123456789012:queue-{number}" for number in range(100)]
    calls = tagging_api()
    if service == "ec2":
        arns = [str(arn) for arn in instances(100, {"Key": "Name", "Value": "fleet"})]
        calls = counted("ec2")
    table = counted("dynamodb")
    for written in (4, 0):
        process = replace(tag_reading.enricher("Tags", "123456789012", "eu-west-1"), clock=lambda: NOON)
        for _ in range(10):
            assert {one.status for one in process.tags_of(arns).values()} == {TagsStatus.LIVE}
        assert calls == look_ups
        assert Counter(table) == Counter(BatchGetItem=1, BatchWriteItem=written)
        calls.clear()
        table.clear()


def test_a_thousand_runs_of_something_are_twice_as_many_look_ups() -> None:
    create_table("Tags", "arn")
    calls, table = tagging_api(), counted("dynamodb")
    where = "arn:aws:ecs:eu-west-1:123456789012"
    process = replace(tag_reading.enricher("Tags", "123456789012", "eu-west-1"), clock=lambda: NOON)
    services = [Parent(resource=f"{where}:service/shop/{number}") for number in range(20)]
    runs = [
        resource_event(resource=f"{where}:task/shop/{number}", parents=(services[number % 20],))
        for number in range(100)
    ]
    for _ in range(11):
        assert all(len(event.parents) == 2 for event in enriched(process, runs))
    assert calls == ["GetResources 100", "GetResources 21"] * 11
    assert Counter(table)["BatchGetItem"] <= 2, "only the first batch, of a new process, read any"


def test_no_batch_makes_more_than_five_calls_of_iam_nor_any_for_a_quarter_of_an_hour() -> None:
    create_table("Tags", "arn")
    iam, now = delivery_client("iam"), NOON
    for number in range(7):
        iam.create_user(UserName=f"user-{number}", Tags=[{"Key": "Owner", "Value": "payments"}])
    process = tag_reading.enricher("Tags", "123456789012", "eu-west-1")
    process.readers["iam"].clock = lambda: now  # type: ignore[attr-defined]
    arns = [f"arn:aws:iam::123456789012:user/user-{number}" for number in range(7)]
    calls, table = counted("iam"), counted("dynamodb")
    for asked in (5, 2, 0, 0):
        calls.clear()
        process.tags_of(arns)
        assert calls == ["ListUserTags"] * asked
    assert {tags.status for tags in process.tags_of(arns).values()} == {TagsStatus.LIVE}
    assert table
    now += timedelta(minutes=15)
    process.tags_of(arns)
    assert calls == ["ListUserTags"] * 5


def test_global_resources_are_asked_for_in_one_region_of_their_partition() -> None:
    create_table("Tags", "arn")
    asked: list[str] = []
    for region in (None, "us-east-1"):
        client = (
            lookup_client("resourcegroupstaggingapi", region) if region else lookup_client("resourcegroupstaggingapi")
        )
        client.meta.events.register("before-call", lambda region=client.meta.region_name, **_: asked.append(region))
    process = tag_reading.enricher("Tags", "123456789012", "eu-west-1")
    process.tags_of(["arn:aws:route53:::hostedzone/Z1", "arn:aws:s3:::bucket", "arn:aws:sqs:eu-west-1:123456789012:q"])
    assert sorted(asked) == ["eu-west-1", "us-east-1"]


def test_in_the_region_of_global_resources_one_call_reads_all() -> None:
    create_table("Tags", "arn")
    calls = tagging_api()
    process = tag_reading.enricher("Tags", "123456789012", "us-east-1")
    process.tags_of(["arn:aws:route53:::hostedzone/Z1", "arn:aws:sqs:us-east-1:123456789012:q"])
    assert calls == ["GetResources 2"]
