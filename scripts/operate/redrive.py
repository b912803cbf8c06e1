"""Redrive: send the messages of a dead-letter queue back to the queue that they were in.

A message is received, sent, and deleted only then, one after the other: a process that is killed in between repeats the
message in hand and loses none. SQS's own StartMessageMoveTask can't do it, for it refuses messages that a worker
parked.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import click
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from infra_events.aws.parking_lot import PARK_CODE, PARK_REASON
from infra_events.domain.errors import error_code
from infra_events.domain.text import one_line
from scripts import options
from scripts.operate.clients import AWS_ERRORS, client, one_line_errors
from scripts.project import CommandError

SUFFIXES = ("SubscriptionDLQ", "RuleDLQ", "DLQ")
"""The endings of the names of a queue's DLQs, after the queue's name; the first that fits counts."""

LIMIT = 1000
HIDDEN_SECONDS = 15 * 60
"""How long received messages stay hidden from others: longer than it takes to handle ``LIMIT`` of them."""

WAIT_SECONDS = 1
"""Without any wait SQS asks only a few of its servers, and may return no message where there are some."""

WHY = ((PARK_CODE, PARK_REASON), ("ERROR_CODE", "ERROR_MESSAGE"), ("ErrorCode", "ErrorMessage"))
"""The attributes in which a worker, EventBridge and SNS state why a message is in a DLQ: code and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message in a DLQ. ``attributes`` keep the form of SQS, so that every data type goes back as it came."""

    id: str
    receipt: str
    body: str
    sent: float
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way from a DLQ back to its queue; ``sqs`` is a boto3 client."""

    sqs: Any
    dlq_url: str
    queue_url: str

    def receive(self, limit: int) -> Sequence[DeadLetter]:
        """Receive up to ``limit`` messages, all before one goes back: one that is parked again must not go round."""
        taken: list[DeadLetter] = []
        while len(taken) < limit:
            answer = self.sqs.receive_message(
                QueueUrl=self.dlq_url,
                MaxNumberOfMessages=min(10, limit - len(taken)),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            taken += [
                DeadLetter(
                    id=message["MessageId"],
                    receipt=message["ReceiptHandle"],
                    body=message["Body"],
                    sent=int(message["Attributes"]["SentTimestamp"]) / 1000,
                    attributes=message.get("MessageAttributes", {}),
                )
                for message in answer["Messages"]
            ]
        return taken

    def go(self, letter: DeadLetter) -> str:
        """Send one message back, then delete it here. Return what failed, empty when nothing did."""
        kept = {name: value for name, value in letter.attributes.items() if name not in (PARK_CODE, PARK_REASON)}
        body = _original(letter.body)
        try:
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, MessageAttributes=kept)
        except AWS_ERRORS as error:
            self.release(letter)
            return f"not sent: {error_code(error)}"
        try:
            self.sqs.delete_message(QueueUrl=self.dlq_url, ReceiptHandle=letter.receipt)
        except AWS_ERRORS as error:
            return f"sent, but still here as well: {error_code(error)}"
        return ""

    def release(self, letter: DeadLetter) -> None:
        """Let others see the message again, at once if SQS can be reached and by itself otherwise."""
        with suppress(*AWS_ERRORS):
            self.sqs.change_message_visibility(QueueUrl=self.dlq_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


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


def way(sqs: Any, dlq: str) -> Way:
    """Find the queue that ``dlq`` serves: the one whose redrive policy names it, else the one it is named after.

    Raises CommandError when there is no such DLQ, or not exactly one queue for it.
    """
    dlq_url = _url(sqs, dlq)
    if dlq_url is None:
        known = ", ".join(_dlqs(sqs)) or "none at all"
        raise CommandError(f"there is no queue {dlq!r}; the dead-letter queues here: {known}")
    sources = _sources(sqs, dlq_url)
    if len(sources) > 1:
        raise CommandError(f"where do its messages belong? {dlq} serves several queues: {', '.join(sources)}")
    if sources:
        return Way(sqs=sqs, dlq_url=dlq_url, queue_url=sources[0])
    # Topics and rules have DLQs as well, and those name no queue. They have the name of the queue they deliver to.
    name = next((dlq.removesuffix(suffix) for suffix in SUFFIXES if dlq.endswith(suffix)), "")
    queue_url = _url(sqs, name)
    if queue_url is None:
        raise CommandError(f"{dlq} is no dead-letter queue of a queue that is here, so its messages can't go anywhere")
    return Way(sqs=sqs, dlq_url=dlq_url, queue_url=queue_url)


def _url(sqs: Any, name: str) -> str | None:
    if not name:
        return None
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        return None


def _sources(sqs: Any, dlq_url: str) -> Sequence[str]:
    try:
        pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=dlq_url)
        return [url for page in pages for url in page.get("queueUrls", [])]
    except ClientError as error:
        # The local AWS does not know this call.
        if error_code(error) == "InvalidAction":
            return []
        raise


def _dlqs(sqs: Any) -> Sequence[str]:
    pages = sqs.get_paginator("list_queues").paginate()
    names = (url.rsplit("/", 1)[-1] for page in pages for url in page.get("QueueUrls", []))
    return sorted(name for name in names if name.endswith("DLQ"))


def send_back(way: Way, limit: int, console: Console, *, apply: bool) -> int:
    """Show what waits and, with ``apply``, send it back; return how many messages failed."""
    console.print(f"{way.dlq_url} → {way.queue_url}", soft_wrap=True)
    letters = way.receive(limit)
    if not letters:
        console.print("Nothing waits there.")
        return 0
    table = Table("Message", "Why", "Reason", "Age", *(["Result"] if apply else []))
    handled = failed = 0
    try:
        for letter in letters if apply else ():
            problem = way.go(letter)
            handled += 1
            failed += bool(problem)
            table.add_row(*_row(letter), problem or "sent")
    finally:
        for letter in letters[handled:]:
            way.release(letter)
            table.add_row(*_row(letter))
        console.print(table)
    if len(letters) == limit:
        console.print(f"More may wait: these are the first {limit}.")
    if not apply:
        console.print("Nothing was changed. To send them back: the same with --apply (make: APPLY=1)")
    return failed


def _row(letter: DeadLetter) -> tuple[str, ...]:
    code, reason = letter.why
    return letter.id, one_line(code, 40), one_line(reason, 200), _age(time.time() - letter.sent)


def _age(seconds: float) -> str:
    for size, unit in ((24 * 60 * 60, "d"), (60 * 60, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


@click.command
@click.argument("queue")
@options.apply
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=LIMIT, show_default=True, help="At most N.")
@options.environment
def redrive(queue: str, limit: int, environment: str | None, *, apply: bool) -> None:
    """Show what a dead-letter queue would send back to its queue: make redrive QUEUE=<name>. With --apply: send it.

    QUEUE is the dead-letter queue's name, with the deployment's prefix.
    """
    # A message may hold anything: nothing of it is markup.
    console = Console(markup=False, highlight=False)
    with one_line_errors():
        failed = send_back(way(client("sqs", environment), queue), limit, console, apply=apply)
    if failed:
        raise CommandError(f"{failed} of the messages did not go well: see their results; none is lost")
