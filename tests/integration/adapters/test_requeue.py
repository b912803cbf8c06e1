"""Messages on their way back to their queue, on moto."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra_events.aws.clients import delivery_client
from infra_events.aws.requeue import SqsRequeue
from infra_events.ports import Message
from tests.support.builders import NOON, message

pytestmark = pytest.mark.usefixtures("aws")


def queues(*names: str) -> tuple[str, ...]:
    return tuple(delivery_client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in names)


def received(url: str) -> list[dict[str, Any]]:
    answer = delivery_client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"], MaxNumberOfMessages=10
    )
    return list(answer.get("Messages", []))


def attributes(one: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in one["MessageAttributes"].items()}


def test_a_message_comes_back_as_it_was_and_states_since_when_it_waits() -> None:
    (url,) = queues("Email")
    SqsRequeue(queue_urls=[url]).send(message("body", id="event-1", owner="payments"), timedelta())
    (again,) = received(url)
    assert again["Body"] == "body"
    assert attributes(again) == {"id": "event-1", "owner": "payments", "first_enqueued": "2026-03-01T12:00:00Z"}


@pytest.mark.parametrize("group", ["payments", ""])
def test_a_message_keeps_its_group(group: str) -> None:
    (url,) = queues("Email")
    SqsRequeue(queue_urls=[url]).send(replace(message("body"), group=group), timedelta())
    (again,) = received(url)
    assert again["Attributes"].get("MessageGroupId", "") == group


def test_since_when_it_waits_stays_the_same() -> None:
    (url,) = queues("Email")
    waiting = replace(message("body"), first_enqueued=NOON - timedelta(hours=3))
    SqsRequeue(queue_urls=[url]).send(waiting, timedelta())
    (again,) = received(url)
    assert attributes(again) == {"first_enqueued": "2026-03-01T09:00:00Z"}


def test_of_ten_attributes_one_gives_way() -> None:
    (url,) = queues("Email")
    ten = {f"a{number}": "x" for number in range(9)} | {"service": "ec2"}
    SqsRequeue(queue_urls=[url]).send(message("body", **ten), timedelta())
    (again,) = received(url)
    assert attributes(again).keys() == ten.keys() - {"service"} | {"first_enqueued"}


def test_which_channels_a_message_is_for_never_gives_way() -> None:
    (url,) = queues("Email")
    ten = {f"a{number}": "x" for number in range(9)} | {"channels": '["chat"]'}
    SqsRequeue(queue_urls=[url]).send(message("body", **ten), timedelta())
    (again,) = received(url)
    assert attributes(again)["channels"] == '["chat"]'


@pytest.mark.parametrize("queue", ["Email", "EmailUrgent"])
def test_a_message_returns_to_the_queue_it_came_from(queue: str) -> None:
    urls = queues("Email", "EmailUrgent")
    SqsRequeue(queue_urls=urls).send(replace(message("body"), queue=queue), timedelta())
    assert {url.rpartition("/")[2]: len(received(url)) for url in urls} == {"Email": 0, "EmailUrgent": 0} | {queue: 1}


@pytest.mark.parametrize(("wait", "delay"), [(0, 0), (0.2, 1), (59.9, 60), (900, 900), (901, 900), (86_400, 900)])
def test_a_wait_is_a_delay_of_whole_seconds_and_of_15_minutes_at_most(wait: float, delay: int) -> None:
    sent: list[Any] = []
    (url,) = queues("Email")
    delivery_client("sqs").meta.events.register(
        "provide-client-params.sqs.SendMessage", lambda params, **_: sent.append(params["DelaySeconds"])
    )
    SqsRequeue(queue_urls=[url]).send(message("body"), timedelta(seconds=wait))
    assert sent == [delay]


def test_what_sqs_does_not_take_is_an_error() -> None:
    gone = SqsRequeue(queue_urls=["https://sqs.eu-west-1.amazonaws.com/123456789012/gone"])
    with pytest.raises(delivery_client("sqs").exceptions.QueueDoesNotExist):
        gone.send(Message(id="1", body="body", sent_time=NOON), timedelta())
