"""Parking on moto."""

import pytest

from infra_events.aws.clients import delivery_client
from infra_events.aws.parking_lot import SqsParkingLot
from infra_events.domain.errors import ParkCode
from tests.support.builders import message

pytestmark = pytest.mark.usefixtures("aws")


def test_a_parked_message_keeps_its_body_and_gets_a_reason() -> None:
    url = delivery_client("sqs").create_queue(QueueName="AwsServiceEventsDLQ")["QueueUrl"]
    attributes = {f"a{n}": str(n) for n in range(8)} | {"service": "ec2"}
    dlq = SqsParkingLot(queue_url=url)
    dlq.park(message("poison", **attributes), ParkCode.NOT_JSON, "the body\nis not JSON")
    (parked,) = delivery_client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    kept = {name: value["StringValue"] for name, value in parked["MessageAttributes"].items()}
    assert parked["Body"] == "poison"
    assert kept.pop("park_code") == "not_json"
    assert kept.pop("park_reason") == "the body is not JSON"
    assert kept == {f"a{n}": str(n) for n in range(8)}


def test_parking_that_fails_raises() -> None:
    dlq = SqsParkingLot(queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/gone")
    with pytest.raises(delivery_client("sqs").exceptions.QueueDoesNotExist):
        dlq.park(message("poison"), ParkCode.NOT_JSON, "why")
