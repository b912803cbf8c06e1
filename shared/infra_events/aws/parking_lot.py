"""The worker queue's own dead-letter queue, as the place where a message waits with its reason."""

from dataclasses import dataclass

from infra_events.aws.clients import delivery_client
from infra_events.domain.errors import ParkCode
from infra_events.domain.text import one_line
from infra_events.ports import Message

PARK_CODE = "park_code"
PARK_REASON = "park_reason"

_MAX_ATTRIBUTES = 10
_REASON_LIMIT = 500
# Dropped first where room is needed: it can be told from the type.
_FIRST_TO_GO = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsParkingLot:
    """Parks in one queue (a ``ParkingLot``)."""

    queue_url: str

    def park(self, message: Message, code: ParkCode, reason: str) -> None:
        """Send body and attributes as they came, plus code and reason; raise when SQS did not take them."""
        kept = sorted(message.attributes, key=lambda name: name == _FIRST_TO_GO)[: _MAX_ATTRIBUTES - 2]
        attributes = {name: message.attributes[name] for name in kept}
        attributes |= {PARK_CODE: code.value, PARK_REASON: one_line(reason, _REASON_LIMIT)}
        # The client is made here, for most processes never park anything and its model is not free to load.
        delivery_client("sqs").send_message(
            QueueUrl=self.queue_url,
            MessageBody=message.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
            },
        )
