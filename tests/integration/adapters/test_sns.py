"""A topic on moto, and the failures that AWS documents for it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client
from infra_events.aws.sns import SnsPublisher, in_threads, owner_publishers
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.ports import Publication
from infra_events.routing import compiled as routing_wire
from tests.support.builders import routing_document

pytestmark = pytest.mark.usefixtures("aws")

TOPIC = "arn:aws:sns:eu-west-1:123456789012:OrgResourceEvents"


def publication(body: str = "body", **attributes: Any) -> Publication:
    return Publication(body=body, attributes={"id": "1"} | attributes)


class Topic:
    """A topic with a queue behind it, subscribed raw as in production."""

    def __init__(self) -> None:
        sns, sqs = delivery_client("sns"), delivery_client("sqs")
        self.arn = sns.create_topic(Name="OrgResourceEvents")["TopicArn"]
        self._url = sqs.create_queue(QueueName="OrgResourceEvents")["QueueUrl"]
        queue = "arn:aws:sqs:eu-west-1:123456789012:OrgResourceEvents"
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=queue, Attributes=raw)

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while (
            batch := delivery_client("sqs")
            .receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            .get("Messages")
        ):
            found += batch
        return found


def test_messages_arrive_raw_with_their_attributes() -> None:
    topic = Topic()
    assert SnsPublisher(topic_arn=topic.arn).publish([publication("a,b,c", channels=("email", "chat"))]) == [None]
    (arrived,) = topic.messages()
    assert arrived["Body"] == "a,b,c"
    attributes = {name: value["StringValue"] for name, value in arrived["MessageAttributes"].items()}
    assert attributes == {"id": "1", "channels": '["email", "chat"]'}


@pytest.mark.parametrize("group", ["payments", "a.B-c_9", "x" * 128])
def test_a_group_reaches_the_queues_behind_the_topic(group: str) -> None:
    topic = Topic()
    assert SnsPublisher(topic_arn=topic.arn).publish([replace(publication(), group=group)]) == [None]
    assert [message["Attributes"]["MessageGroupId"] for message in topic.messages()] == [group]


@pytest.mark.parametrize("group", ["", "x" * 129, "a b", "münchen", "a\n"])
def test_a_group_that_sns_would_refuse_costs_no_message(group: str) -> None:
    topic = Topic()
    assert SnsPublisher(topic_arn=topic.arn).publish([replace(publication(), group=group)]) == [None]
    assert ["MessageGroupId" in message["Attributes"] for message in topic.messages()] == [False]


def test_a_thousand_messages_are_a_hundred_calls() -> None:
    topic_arn = delivery_client("sns").create_topic(Name="OrgResourceEvents")["TopicArn"]
    calls = []
    delivery_client("sns").meta.events.register("before-call.sns.*", lambda model, **_: calls.append(model.name))
    errors = SnsPublisher(topic_arn=topic_arn).publish([publication(str(n)) for n in range(1000)])
    assert errors == [None] * 1000
    assert calls == ["PublishBatch"] * 100


def test_each_of_many_messages_arrives_once() -> None:
    topic = Topic()
    assert SnsPublisher(topic_arn=topic.arn).publish([publication(str(n)) for n in range(35)]) == [None] * 35
    assert sorted(int(m["Body"]) for m in topic.messages()) == list(range(35))


def test_a_call_carries_at_most_256_kib() -> None:
    topic = Topic()
    big = "x" * 100_000
    errors = SnsPublisher(topic_arn=topic.arn).publish([publication(big) for _ in range(5)])
    assert errors == [None] * 5
    assert len(topic.messages()) == 5


def test_what_is_too_large_alone_is_left_out_and_reported() -> None:
    topic = Topic()
    errors = SnsPublisher(topic_arn=topic.arn).publish([publication(), publication("ü" * 140_000), publication()])
    assert [type(error) for error in errors] == [type(None), PermanentError, type(None)]
    assert isinstance(errors[1], PermanentError)
    assert errors[1].code is ParkCode.TOO_LARGE
    assert len(topic.messages()) == 2


def test_a_partial_failure_inside_a_200_belongs_to_its_message() -> None:
    answer = {
        "Successful": [{"Id": "0", "MessageId": "m"}],
        "Failed": [
            {"Id": "1", "Code": "InternalError", "SenderFault": False},
            {"Id": "2", "Code": "InvalidParameter", "SenderFault": True},
            {"Id": "3", "Code": "Throttled", "SenderFault": True},
        ],
    }
    with Stubber(delivery_client("sns")) as sns:
        sns.add_response("publish_batch", answer)
        errors = SnsPublisher(topic_arn=TOPIC).publish([publication(str(n)) for n in range(4)])
    assert [type(error) for error in errors] == [type(None), TransientError, PermanentError, TransientError]


def test_one_bad_entry_does_not_fail_its_neighbours() -> None:
    with Stubber(delivery_client("sns")) as sns:
        sns.add_client_error("publish_batch", "InvalidParameter")
        sns.add_response("publish_batch", {"Successful": [{"Id": "0", "MessageId": "m"}], "Failed": []})
        sns.add_client_error("publish_batch", "InvalidParameter")
        errors = SnsPublisher(topic_arn=TOPIC).publish([publication("good"), publication("bad")])
    assert errors[0] is None
    assert isinstance(errors[1], PermanentError)


@pytest.mark.parametrize("code", ["AuthorizationError", "Throttling", "KMSAccessDenied", "NotFound", "SomethingNew"])
def test_an_error_that_is_not_the_messages_fault_is_tried_again(code: str) -> None:
    with Stubber(delivery_client("sns")) as sns:
        sns.add_client_error("publish_batch", code)
        errors = SnsPublisher(topic_arn=TOPIC).publish([publication(), publication()])
    assert [str(error) for error in errors] == [f"sns:Publish: {code}"] * 2
    assert all(isinstance(error, TransientError) for error in errors)


def test_nothing_to_publish_is_no_call() -> None:
    assert SnsPublisher(topic_arn=TOPIC).publish([]) == []


def test_the_topic_of_an_owner_has_the_owner_s_name() -> None:
    owner = {"aliases": [], "queue": False, "consumers": []}
    document = routing_document(owners={"payments": owner | {"topic": True}, "search": owner | {"topic": False}})
    routing = routing_wire.read(json.dumps(document), digest="0")
    assert owner_publishers(f"{TOPIC}V2", routing) == {"payments": SnsPublisher(topic_arn=f"{TOPIC}V2-payments")}


def test_threads_publish_everything_with_one_client() -> None:
    topic, each = Topic(), in_threads()
    publisher = SnsPublisher(topic_arn=topic.arn)
    tens = [[publication(f"{ten}-{number}") for number in range(10)] for ten in range(12)]
    made = delivery_client.cache_info().misses
    assert list(each(publisher.publish, tens)) == [[None] * 10] * 12
    assert delivery_client.cache_info().misses == made
    bodies = sorted(message["Body"] for message in topic.messages())
    assert bodies == sorted(one.body for ten in tens for one in ten)
