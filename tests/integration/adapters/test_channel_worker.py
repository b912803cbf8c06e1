"""The email function as it is wired, on moto: its own queue, DLQ, table, routing and provider."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from email_notification_sender import handler as email
from infra_events.aws.clients import delivery_client, provider_client
from tests.support.adapters import create_table
from tests.support.builders import notification, routing_document

pytestmark = pytest.mark.usefixtures("aws")

SES_ERROR = ("send_email", "TooManyRequestsException", "Daily message quota exceeded.")


class Context:
    aws_request_id = "request"
    function_name = "EmailNotificationSender"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The URLs of the function's queues, by name; the function starts anew."""
    body = json.dumps(routing_document()).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    location: Any = {"LocationConstraint": "eu-west-1"}
    delivery_client("s3").create_bucket(Bucket="routing", CreateBucketConfiguration=location)
    delivery_client("s3").put_object(Bucket="routing", Key=f"routing/{sha256}.json", Body=body)
    create_table("Sent", "id")
    delivery_client("sesv2").create_email_identity(EmailIdentity="from@example.org")
    urls = {
        name: delivery_client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("Email", "Urgent", "DLQ")
    }
    for name, value in {
        "ROUTING_BUCKET": "routing",
        "ROUTING_SHA256": sha256,
        "SENT_TABLE_NAME": "Sent",
        "SENDER_ADDRESS": "from@example.org",
        "SENDS_PER_SECOND": "100",
        "QUEUE_URL": urls["Email"],
        "URGENT_QUEUE_URL": urls["Urgent"],
        "PARKING_QUEUE_URL": urls["DLQ"],
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    email._worker.cache_clear()  # noqa: SLF001 - a process of its function starts without it
    yield urls
    email._worker.cache_clear()  # noqa: SLF001 - what was wired to this AWS must not outlive it


def invoke(*bodies: object, queue: str = "Email") -> list[str]:
    records = [
        {
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{queue}",
            "messageId": str(number),
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {"SentTimestamp": str(int(time.time() * 1000))},
            "messageAttributes": {},
        }
        for number, body in enumerate(bodies)
    ]
    answer = email.handler({"Records": records}, Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def waiting(url: str) -> int:
    answer = delivery_client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(answer["ApproximateNumberOfMessages"]) + int(answer["ApproximateNumberOfMessagesDelayed"])


def mails() -> float:
    return float(delivery_client("ses").get_send_quota()["SentLast24Hours"])


def rows() -> list[str]:
    items = delivery_client("dynamodb").scan(TableName="Sent")["Items"]
    return sorted(item["id"]["S"].partition("#")[0] for item in items)


def test_a_batch_is_mailed_recorded_and_paced(queues: dict[str, str]) -> None:
    twice = notification(id="1"), notification(id="2"), notification(id="1")
    assert invoke(*twice) == []
    assert mails() == 2
    assert rows() == ["notification", "notification", "pace|email"]
    assert {name: waiting(url) for name, url in queues.items()} == {"Email": 0, "Urgent": 0, "DLQ": 0}


def test_what_can_never_be_mailed_is_parked(queues: dict[str, str]) -> None:
    assert invoke("no JSON", notification(id="1")) == []
    assert (mails(), waiting(queues["DLQ"])) == (1, 1)


@pytest.mark.parametrize("queue", ["Email", "Urgent"])
def test_what_ses_takes_later_goes_back_to_its_queue_and_no_other_asks_ses(queues: dict[str, str], queue: str) -> None:
    with Stubber(provider_client("sesv2", "")) as ses:
        ses.add_client_error(*SES_ERROR, http_status_code=429)
        assert invoke(notification(id="1"), notification(id="2"), queue=queue) == []
        ses.assert_no_pending_responses()
    assert {name: waiting(url) for name, url in queues.items()} == {"Email": 0, "Urgent": 0, "DLQ": 0} | {queue: 2}
    (row,) = delivery_client("dynamodb").scan(TableName="Sent")["Items"]
    assert row["closed_reason"]["S"] == "SES's quota of 24 hours is used up"
