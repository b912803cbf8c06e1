"""Snapshots of tags: the table on moto and the fake pass the same tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.aws.tag_snapshots import DynamoTagSnapshots
from infra_events.domain.errors import TransientError
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import TagSnapshots
from tests.support.adapters import create_table, in_time
from tests.support.builders import NOON
from tests.support.fakes import FakeTagSnapshots

pytestmark = pytest.mark.usefixtures("aws")


def some_tags(*names: str, as_of: datetime = NOON) -> dict[str, Tags]:
    return {name: Tags(values={"Name": name}, status=TagsStatus.CACHED, as_of=as_of) for name in names}


@pytest.fixture(params=["real", "fake"])
def snapshots(request: pytest.FixtureRequest) -> TagSnapshots:
    if request.param == "fake":
        return FakeTagSnapshots()
    create_table("Tags", "arn")
    return DynamoTagSnapshots(table_name="Tags")


def test_snapshots_are_answered_as_they_were_kept(snapshots: TagSnapshots) -> None:
    tags = some_tags(*(f"arn:{number}" for number in range(120))) | {
        "arn:none": Tags(values={}, status=TagsStatus.CACHED, as_of=NOON),
        "arn:odd": Tags(values={"empty": "", "ü": "\n"}, status=TagsStatus.CACHED, as_of=NOON.replace(microsecond=7)),
    }
    assert set(snapshots.write(tags, in_time)) == tags.keys()
    assert snapshots.read([*tags, "arn:unknown"], in_time) == tags | {"arn:unknown": None}


def test_a_later_snapshot_takes_the_place_of_the_one_before(snapshots: TagSnapshots) -> None:
    snapshots.write(some_tags("arn:1"), in_time)
    later = {"arn:1": replace(some_tags("arn:2")["arn:2"], as_of=NOON + timedelta(seconds=1))}
    snapshots.write(later, in_time)
    assert snapshots.read(["arn:1"], in_time) == later


def test_out_of_time_one_call_reads_and_none_writes(snapshots: TagSnapshots) -> None:
    snapshots.write(some_tags("arn:1"), in_time)
    assert list(snapshots.write(some_tags("arn:2"), lambda: False)) == []
    assert snapshots.read(["arn:1", "arn:2"], lambda: False) == some_tags("arn:1") | {"arn:2": None}


@pytest.mark.parametrize(
    "item", [{}, {"tags": {"S": "x"}}, {"tags": {"M": {"a": {"N": "1"}}}}, {"tags": {"M": {}}, "as_of": {"S": "noon"}}]
)
def test_a_row_that_is_none_of_ours_is_as_good_as_none_and_costs_no_other(item: dict[str, Any]) -> None:
    create_table("Tags", "arn")
    table = DynamoTagSnapshots(table_name="Tags")
    table.write(some_tags("arn:1"), in_time)
    delivery_client("dynamodb").put_item(
        TableName="Tags", Item={"as_of": {"S": "2026-03-01"}, "arn": {"S": "x"}} | item
    )
    assert table.read(["x", "arn:1"], in_time) == {"x": None} | some_tags("arn:1")


def test_a_snapshot_expires_long_after_it_was_last_written() -> None:
    create_table("Tags", "arn")
    DynamoTagSnapshots(table_name="Tags").write(some_tags("arn:1"), in_time)
    (item,) = delivery_client("dynamodb").scan(TableName="Tags")["Items"]
    assert datetime.fromtimestamp(int(item["expiration"]["N"]), UTC) == NOON + timedelta(days=400)


def test_what_the_table_leaves_undone_is_tried_once_more_and_then_left() -> None:
    keys = {"Tags": {"Keys": [{"arn": {"S": "arn:1"}}]}}
    with Stubber(lookup_client("dynamodb")) as dynamodb:
        for _ in range(2):
            dynamodb.add_response("batch_get_item", {"Responses": {"Tags": []}, "UnprocessedKeys": keys})
        assert DynamoTagSnapshots(table_name="Tags").read(["arn:1"], in_time) == {}
        left = {"Tags": [{"PutRequest": {"Item": {"arn": {"S": "arn:1"}}}}]}
        for _ in range(2):
            dynamodb.add_response("batch_write_item", {"UnprocessedItems": left})
        assert DynamoTagSnapshots(table_name="Tags").write(some_tags("arn:1", "arn:2"), in_time) == ["arn:2"]


def test_a_table_that_is_not_there_is_one_error() -> None:
    table = DynamoTagSnapshots(table_name="Tags")
    with pytest.raises(TransientError, match=r"^dynamodb:BatchGetItem: ResourceNotFoundException$"):
        table.read(["arn:1"], in_time)
    with pytest.raises(TransientError, match=r"^dynamodb:BatchWriteItem: ResourceNotFoundException$"):
        table.write(some_tags("arn:1"), in_time)
