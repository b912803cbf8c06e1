"""Watches events on their way through a deployment, from outside: by a queue on each topic, and the outbox."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any, Self

from infra_events.wire.custom_event import custom_event_id
from scripts.local.aws import SentMail
from scripts.local.stack import Deployment

NOTIFICATIONS = "OrgResourceEventsNotification"
TOPICS = ("AwsServiceEvents", "OrgResourceEvents", NOTIFICATIONS)
MAIL = "mail"
LAYERS = (*TOPICS, MAIL)
HEADINGS = ("AwsService\nEvents", "OrgResource\nEvents", "OrgResourceEvents\nNotification", "\nmail")

POLL_SECONDS = 0.02

Sighting = tuple[str, float]
"""An event's id, and when it passed, in seconds since the epoch."""

Watch = Callable[[], Iterable[Sighting]]


class Observer:
    """Records when each event, known by its id, passes each layer. It changes nothing that it watches."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._sqs = deployment.aws.client("sqs")
        self._sent: dict[str, float] = {}
        self._passed: dict[tuple[str, str], float] = {}
        self._reasons: dict[str, str] = {}
        self._ended = threading.Event()
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        """Start watching; earlier messages are not seen."""
        watches: list[Watch] = [self._topic_watch(topic) for topic in TOPICS]
        for layer, watch in zip(LAYERS, [*watches, self._mailed_events], strict=True):
            thread = threading.Thread(target=self._watch, args=(layer, watch), daemon=True)
            thread.start()
            self._exit.callback(thread.join)
        self._exit.callback(self._ended.set)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._exit.close()

    def expect(self, event_id: str, sent: float) -> None:
        """Record that an event was sent at ``sent``, in seconds since the epoch."""
        self._sent[event_id] = sent

    def latency(self, event_id: str, layer: str) -> float | None:
        """Return after how many seconds an event passed a layer; None before it did."""
        passed = self._passed.get((event_id, layer))
        return None if passed is None else round(max(0.0, passed - self._sent[event_id]), 3)

    def reasons(self) -> Mapping[str, str]:
        """Return the reason of each event's notification, by the event's id."""
        return dict(self._reasons)

    def mails(self) -> list[SentMail]:
        """Return all mails that were sent since the local AWS started."""
        return self._deployment.aws.outbox()

    def machine_records(self) -> list[str]:
        """Return the bodies waiting in OrgResourceEvents, which stay there."""
        url = self._deployment.outputs["queues"]["OrgResourceEvents"]["url"]
        bodies: list[str] = []
        while messages := self._receive(url, wait_seconds=0):
            bodies += [message["Body"] for message in messages]
        return bodies

    def suppressed(self) -> Mapping[str, str]:
        """Return the reasons in the sender's log for which events were suppressed, by the event's id."""
        group = self._deployment.outputs["functions"]["OrgResourceEventNotificationSender"]["log_group"]
        pages = self._deployment.aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = (json.loads(e["message"]) for page in pages for e in page["events"] if e["message"].startswith("{"))
        return {entry["id"]: entry["reason"] for line in lines for entry in line.get("suppressed", ())}

    def _watch(self, layer: str, watch: Watch) -> None:
        while not self._ended.is_set():
            for event_id, passed in watch():
                self._passed.setdefault((event_id, layer), passed)
            time.sleep(POLL_SECONDS)

    def _topic_watch(self, topic: str) -> Watch:
        """Subscribe a dedicated queue to a topic; return a watch for the events that came since it was last called."""
        queue = self._sqs.create_queue(QueueName=f"Observer-{topic}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self._deployment.aws.client("sns").subscribe(
            TopicArn=self._deployment.outputs["topics"][topic]["arn"],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )

        def watch() -> Iterable[Sighting]:
            for message in self._receive(queue, wait_seconds=1):
                self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                attributes = message.get("MessageAttributes")
                # EventBridge sends no attributes; what we publish carries the id in one.
                event_id = attributes["id"]["StringValue"] if attributes else _event_id(json.loads(message["Body"]))
                if topic == NOTIFICATIONS:
                    self._reasons[event_id] = json.loads(message["Body"])["reason"]
                yield event_id, int(message["Attributes"]["SentTimestamp"]) / 1000

        return watch

    def _receive(self, url: str, *, wait_seconds: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_seconds,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _mailed_events(self) -> Iterable[Sighting]:
        texts, now = [mail.text for mail in self.mails()], time.time()
        return [(event_id, now) for event_id in list(self._sent) if any(event_id in text for text in texts)]


def _event_id(event: Mapping[str, Any]) -> str:
    """Return the id that the standardizer gives an event of EventBridge."""
    return custom_event_id(event["account"], event["source"], event["detail"]) or str(event["id"])
