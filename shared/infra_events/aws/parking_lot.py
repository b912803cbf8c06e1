"""Parks messages in the dead-letter queue of the worker's queue, each with a code and a reason."""

from dataclasses import dataclass

from infra_events.aws.clients import delivery_client
from infra_events.aws.message_attributes import extended
from infra_events.domain.errors import ParkCode
from infra_events.domain.text import one_line
from infra_events.ports import Message

PARK_CODE = "park_code"
PARK_REASON = "park_reason"

_REASON_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsParkingLot:
    """Parks messages in one queue (a ``ParkingLot``)."""

    queue_url: str

    def park(self, message: Message, code: ParkCode, reason: str) -> None:
        """Send body and attributes as they came, plus code and reason; raise when SQS did not accept them."""
        # The client is made only here: most processes never park a message, and its model takes time to load.
        delivery_client("sqs").send_message(
            QueueUrl=self.queue_url,
            MessageBody=message.body,
            MessageAttributes=extended(
                message.attributes, {PARK_CODE: code.value, PARK_REASON: one_line(reason, _REASON_LIMIT)}
            ),
        )
