"""The sent record in a table on moto."""

import hashlib
import json

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client
from infra_events.domain.errors import NotNowError, TransientError
from infra_events.ports import Recorded
from infra_events.runtime.sent_log import DynamoSentLog
from tests.support.adapters import create_table

pytestmark = pytest.mark.usefixtures("aws")


class Context:
    """An invocation with some time left."""

    def __init__(self, milliseconds: int = 30_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.fixture
def table() -> str:
    create_table("Sent", "id")
    return "Sent"


def sent_log(table: str, milliseconds: int = 30_000) -> DynamoSentLog:
    log = DynamoSentLog(table, delivery_client("dynamodb"))
    log.lease_until_timeout(Context(milliseconds))
    return log


def test_what_is_on_record_is_not_sent_again_by_any_process(table: str) -> None:
    sent: list[str] = []

    def send(what: str) -> str:
        sent.append(what)
        return "id"

    assert sent_log(table).once("1|email|platform", "", lambda: send("first")) is Recorded.SENT
    assert sent_log(table).once("1|email|platform", "", lambda: send("second")) is Recorded.ALREADY_SENT
    assert sent_log(table).once("1|email|payments", "", lambda: send("other")) is Recorded.SENT
    assert sent == ["first", "other"]
    (item, _) = delivery_client("dynamodb").scan(TableName=table)["Items"]
    assert int(item["expiration"]["N"]) > 0


def test_another_content_under_the_same_key_is_neither_sent_nor_taken_for_the_first(table: str) -> None:
    assert sent_log(table).once("1", "a", lambda: "id") is Recorded.SENT
    for content, recorded in {
        "b": Recorded.OTHER_CONTENT,
        "a": Recorded.ALREADY_SENT,
        "": Recorded.ALREADY_SENT,
    }.items():
        assert sent_log(table).once("1", content, _killed) is recorded
    assert sent_log(table).once("2", "", lambda: "id") is Recorded.SENT
    assert sent_log(table).once("2", "b", _killed) is Recorded.ALREADY_SENT


def test_a_record_of_an_earlier_release_stays_valid(table: str) -> None:
    """It holds the message's id alone, under the same hash of the key."""
    item = {
        "id": {"S": "notification#" + hashlib.sha256(b'"1|email|platform"').hexdigest()},
        "expiration": {"N": "9999999999"},
        "status": {"S": "COMPLETED"},
        "data": {"S": '"ses-id"'},
    }
    delivery_client("dynamodb").put_item(TableName=table, Item=item)
    assert sent_log(table).once("1|email|platform", "a", _killed) is Recorded.ALREADY_SENT


def test_a_failed_send_leaves_no_record(table: str) -> None:
    def fail() -> str:
        raise TransientError("throttled")

    with pytest.raises(TransientError, match="throttled"):
        sent_log(table).once("1", "", fail)
    assert sent_log(table).once("1", "", lambda: "id") is Recorded.SENT


def test_a_mark_that_could_not_be_made_final_does_not_send_again(table: str) -> None:
    client = delivery_client("dynamodb")
    with Stubber(client) as dynamodb:
        dynamodb.add_response("put_item", {})
        dynamodb.add_client_error("update_item", "ThrottlingException")
        assert sent_log(table).once("1", "", lambda: "id") is Recorded.SENT


def test_a_live_lease_makes_the_other_wait(table: str) -> None:
    def meanwhile() -> str:
        with pytest.raises(NotNowError, match="another process"):
            sent_log(table).once("1", "", lambda: "never")
        return "id"

    assert sent_log(table).once("1", "", meanwhile) is Recorded.SENT


def test_a_lease_of_a_killed_process_runs_out(table: str) -> None:
    log = sent_log(table)
    with pytest.raises(KeyboardInterrupt):  # not an Exception: like a kill, nothing is cleaned up
        log.once("1", "", _killed)
    with pytest.raises(NotNowError, match="another process"):
        log.once("1", "", lambda: "too early")
    expire_lease(table)
    assert log.once("1", "", lambda: "id") is Recorded.SENT


def _killed() -> str:
    raise KeyboardInterrupt


def expire_lease(table: str) -> None:
    (item,) = delivery_client("dynamodb").scan(TableName=table)["Items"]
    item["in_progress_expiration"] = {"N": "1"}
    delivery_client("dynamodb").put_item(TableName=table, Item=item)


def test_a_lease_that_would_end_too_soon_is_not_taken(table: str) -> None:
    with pytest.raises(NotNowError, match="time is nearly up"):
        sent_log(table, milliseconds=1_000).once("1", "", lambda: "never")
    assert delivery_client("dynamodb").scan(TableName=table)["Items"] == []


def test_without_a_record_nothing_is_sent() -> None:
    with pytest.raises(TransientError, match=r"sent record .*ResourceNotFoundException"):
        sent_log("no-such-table").once("1", "", lambda: "never")


def test_the_record_is_keyed_by_a_digest_and_keeps_no_address(table: str) -> None:
    sent_log(table).once("1|email|platform", "", lambda: "ses-id")
    text = json.dumps(delivery_client("dynamodb").scan(TableName=table)["Items"])
    assert "ses-id" in text
    assert "platform" not in text
