"""The messages of a dead-letter queue, and their way back to the queue that they were in.

Messages are sent before they are deleted, ten at a time: a process that is killed in between repeats those in hand and
loses none. SQS's own StartMessageMoveTask can't do it, for it refuses messages that a worker parked.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from infra_events.aws.batches import batches
from infra_events.aws.parking_lot import PARK_CODE, PARK_REASON
from infra_events.domain.errors import error_code
from infra_events.ports import FIRST_ENQUEUED
from scripts.operate.target import AWS_ERRORS

BATCH = 10
"""How many messages SQS gives, takes and deletes at a time."""

HIDDEN_SECONDS = 15 * 60
"""How long received messages stay hidden from others, if this process is killed."""

WAIT_SECONDS = 1
"""Without any wait SQS asks only a few of its servers, and may return no message where there are some."""

SKEW_SECONDS = 2
"""A difference between this machine's clock and AWS's that is corrected; HTTP dates are no more exact."""

WHY = ((PARK_CODE, PARK_REASON), ("ERROR_CODE", "ERROR_MESSAGE"), ("ErrorCode", "ErrorMessage"))
"""The attributes in which a worker, EventBridge and SNS state why a message is in a DLQ: code and reason."""

SENT = ""
"""The result of a message that went back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message in a DLQ. ``attributes`` keep the form of SQS, so that every data type goes back as it came.

    ``sent`` is when it was first sent to the DLQ, or to the queue ``source`` (an ARN) from which SQS moved it.
    """

    id: str
    receipt: str
    body: str
    sent: float
    source: str
    attributes: Mapping[str, Mapping[str, Any]]

    @property
    def why(self) -> tuple[str, str]:
        """The code and the reason for which it is here. A message that SQS itself moved carries none."""
        for code, reason in WHY:
            if code in self.attributes:
                return self._text(code), self._text(reason)
        return "exhausted", "received too often: the log of the function has the reason"

    def _text(self, name: str) -> str:
        return str(self.attributes.get(name, {}).get("StringValue", ""))

    @property
    def entry(self) -> Mapping[str, Any]:
        """The message as it was, for SQS's SendMessageBatch."""
        ours = (PARK_CODE, PARK_REASON, FIRST_ENQUEUED)  # a person sends it back, so it waits as a new one
        kept = {name: value for name, value in self.attributes.items() if name not in ours}
        return {"MessageBody": _original(self.body), "MessageAttributes": kept}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way from a DLQ back to its queue; ``sqs`` is a boto3 client, ``queue_arn`` that of the queue."""

    sqs: Any
    dlq_name: str
    dlq_url: str
    queue_name: str
    queue_url: str
    queue_arn: str

    def count(self) -> int:
        """Return how many messages wait in the DLQ, approximately."""
        return waiting(self.sqs, self.dlq_url)

    def now(self) -> float:
        """Return the time of AWS's clock, by which a message's ``sent`` is; in seconds."""
        here = time.time()
        answer = self.sqs.get_queue_attributes(QueueUrl=self.dlq_url, AttributeNames=["QueueArn"])
        date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        skew = parsedate_to_datetime(date).timestamp() - here if date else 0
        return here + (skew if abs(skew) > SKEW_SECONDS else 0)

    def receive(self, limit: int = BATCH) -> Sequence[DeadLetter]:
        """Receive up to ``limit`` messages, at most ten, and hide them; none when none waits."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dlq_url,
            MaxNumberOfMessages=min(BATCH, limit),
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            AttributeNames=["SentTimestamp", "DeadLetterQueueSourceArn"],
            MessageAttributeNames=["All"],
        )
        return [
            DeadLetter(
                id=message["MessageId"],
                receipt=message["ReceiptHandle"],
                body=message["Body"],
                sent=int(message["Attributes"]["SentTimestamp"]) / 1000,
                source=message["Attributes"].get("DeadLetterQueueSourceArn", ""),
                attributes=message.get("MessageAttributes", {}),
            )
            for message in answer.get("Messages", ())
        ]

    def go(self, letters: Sequence[DeadLetter]) -> Sequence[str]:
        """Send messages back, then delete those here; return for each what failed, ``SENT`` when nothing did.

        A message that SQS moved here from any other queue is not sent: nothing vouches for its content.
        """
        results = dict.fromkeys(range(len(letters)), SENT)
        entries: dict[int, Mapping[str, Any]] = {}
        for index, letter in enumerate(letters):
            if letter.source in ("", self.queue_arn):
                entries[index] = letter.entry
            else:
                results[index] = f"not sent: {letter.source} is not the queue of this DLQ"
        for batch in batches({index: _size(entry) for index, entry in entries.items()}):
            call = [{"Id": str(index), **entries[index]} for index in batch]
            failed = _failed(self.sqs.send_message_batch, batch, QueueUrl=self.queue_url, Entries=call)
            results |= {index: f"not sent: {code}" for index, code in failed.items()}
        if gone := [index for index in entries if results[index] == SENT]:
            call = [{"Id": str(index), "ReceiptHandle": letters[index].receipt} for index in gone]
            failed = _failed(self.sqs.delete_message_batch, gone, QueueUrl=self.dlq_url, Entries=call)
            results |= {index: f"sent, but still here as well: {code}" for index, code in failed.items()}
        return list(results.values())

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Let others see messages again, at once if SQS can be reached and by themselves otherwise."""
        for start in range(0, len(letters), BATCH):
            entries = [
                {"Id": str(index), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for index, letter in enumerate(letters[start : start + BATCH])
            ]
            with suppress(*AWS_ERRORS):
                self.sqs.change_message_visibility_batch(QueueUrl=self.dlq_url, Entries=entries)


def waiting(sqs: Any, url: str) -> int:
    """Return how many messages are in a queue, approximately; those that somebody received count too."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def _failed(call: Any, batch: Sequence[int], **arguments: Any) -> Mapping[int, str]:
    """Call SQS with a batch; return the error codes of the entries that failed. An error of the call is one of each."""
    try:
        answer = call(**arguments)
    except AWS_ERRORS as error:
        return dict.fromkeys(batch, error_code(error))
    return {int(entry["Id"]): entry["Code"] for entry in answer.get("Failed", ())}


def _size(entry: Mapping[str, Any]) -> int:
    """Return the bytes of a message as SQS counts them: its body, and its attributes' names, types and values."""
    return len(entry["MessageBody"].encode(errors="surrogatepass")) + sum(_attribute_size(entry["MessageAttributes"]))


def _attribute_size(attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[int]:
    for name, value in attributes.items():
        content = value.get("BinaryValue", b"") or str(value.get("StringValue", "")).encode(errors="surrogatepass")
        yield len(name.encode()) + len(value["DataType"]) + len(content)


def _original(body: str) -> str:
    """Return the body without the envelope that Lambda puts around an event it invoked a function with and gave up on.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        return body
    wrapped = isinstance(record, dict) and {"requestContext", "requestPayload"} <= record.keys()
    return json.dumps(record["requestPayload"]) if wrapped else body
