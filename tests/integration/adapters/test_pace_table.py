"""The pace row in a table on moto."""

from dataclasses import replace

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import record_client
from infra_events.aws.pace_table import DynamoPaceStore
from infra_events.domain.errors import TransientError
from infra_events.ports import PaceRow
from tests.support.adapters import create_table

pytestmark = pytest.mark.usefixtures("aws")

ROW = PaceRow(
    free_at=1772366400.123456,
    closed_until=1772367000.5,
    closed_reason="SES's quota of 24 hours is used up",
    day_ends=1772452800.0,
    day_count=12,
    version=1,
)


@pytest.fixture
def store() -> DynamoPaceStore:
    create_table("Sent", "id")
    return DynamoPaceStore(table_name="Sent", key="pace|email")


def test_a_row_that_is_not_there_is_empty(store: DynamoPaceStore) -> None:
    assert store.read() == PaceRow()


def test_what_is_written_is_read(store: DynamoPaceStore) -> None:
    assert store.swap(ROW) is None
    assert store.read() == ROW


def test_only_the_next_version_is_written_and_the_others_learn_what_is_there(store: DynamoPaceStore) -> None:
    assert store.swap(ROW) is None
    second = replace(ROW, version=2, day_count=13)
    assert store.swap(second) is None
    assert store.swap(replace(ROW, version=2, day_count=99)) == second
    assert store.read() == second


def test_the_rows_of_two_providers_are_two(store: DynamoPaceStore) -> None:
    store.swap(ROW)
    assert DynamoPaceStore(table_name="Sent", key="pace|chat").read() == PaceRow()


def test_a_row_with_nothing_in_it_is_written_over(store: DynamoPaceStore) -> None:
    record_client("dynamodb").put_item(TableName="Sent", Item={"id": {"S": "pace|email"}, "day_count": {"N": "7"}})
    assert store.read() == PaceRow(day_count=7)
    assert store.swap(ROW) is None
    assert store.read() == ROW


def test_a_table_that_cannot_be_reached_is_an_error(store: DynamoPaceStore) -> None:
    with Stubber(record_client("dynamodb")) as dynamodb:
        dynamodb.add_client_error("put_item", "ThrottlingException")
        with pytest.raises(TransientError, match="dynamodb:PutItem: ThrottlingException"):
            store.swap(ROW)
        dynamodb.add_client_error("get_item", "AccessDeniedException")
        with pytest.raises(TransientError, match="dynamodb:GetItem: AccessDeniedException"):
            store.read()
