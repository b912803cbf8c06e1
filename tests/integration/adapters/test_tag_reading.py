"""The enricher as Lambda makes it: how many calls it takes."""

from collections import Counter
from dataclasses import replace

import pytest

from infra_events.aws import tag_reading
from infra_events.domain.tags import TagsStatus
from tests.support.adapters import counted, create_table, instances, tagging_api
from tests.support.builders import NOON

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
