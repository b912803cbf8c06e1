"""The queues of a deployment on moto's SQS, for each test anew."""

from typing import Any

import boto3
import pytest

from scripts.operate import dead_letters, redrive
from tests.support.redrive import feed


@pytest.fixture
def sqs(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 - the fake AWS must be there first
    """Queues as Terraform makes them: a worker queue, its DLQ, and those of its subscription and its rule."""
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    monkeypatch.setattr(redrive, "THREADS", 1)  # moto gives one message to two threads; tests/e2e has many
    client = boto3.client("sqs")
    for name in ("OrdersDLQ", "OrdersSubscriptionDLQ", "OrdersRuleDLQ"):
        client.create_queue(QueueName=f"blue-{name}")
    feed(client, "blue-Orders", "blue-OrdersDLQ")
    return client
    return client
