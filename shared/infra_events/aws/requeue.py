"""A worker's queue from its other end: what can only be done later is sent there again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from infra_events.aws.clients import delivery_client
from infra_events.aws.message_attributes import extended
from infra_events.domain.time import format_time
from infra_events.ports import FIRST_ENQUEUED, Message

_LONGEST_DELAY_SECONDS = 900
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsRequeue:
    """Sends messages to the queue they came from, one of ``queue_urls`` (a ``Requeue``)."""

    queue_urls: Sequence[str]

    def send(self, message: Message, delay: timedelta) -> None:
        """Send body, attributes and group as they came, and since when the message waits; raise when SQS refused them.

        SQS counts its receives from the beginning, and keeps it as long as a new one.
        """
        since = format_time(message.waiting_since)
        # Made only here: most processes never postpone a message, and the client's model takes time to load.
        delivery_client("sqs").send_message(
            QueueUrl=self._queue_url(message),
            MessageBody=message.body,
            MessageAttributes=extended(message.attributes, {FIRST_ENQUEUED: since}),
            DelaySeconds=min(_LONGEST_DELAY_SECONDS, ceil(delay.total_seconds())),
            **({"MessageGroupId": message.group} if message.group else {}),
        )

    def _queue_url(self, message: Message) -> str:
        return next((url for url in self.queue_urls if url.rpartition("/")[2] == message.queue), self.queue_urls[0])
