"""Subscriptions: confirmed, and with the stack's filter."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scripts.operate.doctor import topics
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import ACCOUNT, OUTPUTS, REGION, Answer, found, patient, queue


def test_a_subscription_that_nobody_confirmed() -> None:
    waiting = {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": "jane@example.org"}
    sns: list[Answer] = [("list_subscriptions_by_topic", {"Subscriptions": [waiting]})]
    (finding,) = topics.subscriptions(patient(sns=sns))
    assert (finding.level, finding.code) == (Level.WARNING, Code.SUBSCRIPTION_PENDING)
    assert finding.what == "a subscription to blue-Events by email waits to be confirmed"


@pytest.mark.parametrize(
    ("intended", "actual", "expected"),
    [
        (None, "", []),
        ({"channels": ["chat"]}, '{"channels": ["chat"]}', []),
        ({"channels": ["chat"]}, "", [(Level.ERROR, Code.SUBSCRIPTION_CHANGED)]),
        (None, '{"owner": ["search"]}', [(Level.ERROR, Code.SUBSCRIPTION_CHANGED)]),
    ],
)
def test_a_filter_must_be_the_one_of_the_stack(
    intended: Mapping[str, Any] | None, actual: str, expected: Sequence[Any]
) -> None:
    events = queue("Events", filter_policy=intended)
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:blue-Events:1"
    subscription = {"SubscriptionArn": arn, "Protocol": "sqs", "Endpoint": events["arn"]}
    attributes = {"RawMessageDelivery": "true"} | ({"FilterPolicy": actual} if actual else {})
    asked = patient(
        OUTPUTS | {"queues": {"Events": events}},
        sns=[
            ("list_subscriptions_by_topic", {"Subscriptions": [subscription]}),
            ("get_subscription_attributes", {"Attributes": attributes}),
        ],
    )
    assert found(topics.subscriptions(asked)) == expected
