"""Redrive: send what waits in a dead-letter queue back to the queue that it fell out of.

A message is received, sent, and deleted only then, one after the other: what is killed in between repeats the message
in hand and loses none. SQS's own StartMessageMoveTask can't do it, for it refuses messages that a worker parked.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from infra_events.aws.parking_lot import PARK_CODE, PARK_REASON
from infra_events.domain.errors import error_code
from infra_events.domain.text import one_line
from scripts import aws_session, project
from scripts.local import stack as local_stack
from scripts.project import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUFFIXES = ("SubscriptionDLQ", "RuleDLQ", "DLQ")
"""What follows a queue's name in the names of its DLQs; the first that fits counts."""

LIMIT = 1000
HIDDEN_SECONDS = 15 * 60
"""How long what was received stays hidden from others: longer than it takes to handle `LIMIT` messages."""

WAIT_SECONDS = 1
"""Without any wait SQS asks only a few of its servers, and may answer nothing where there is something."""

WHY = ((PARK_CODE, PARK_REASON), ("ERROR_CODE", "ERROR_MESSAGE"), ("ErrorCode", "ErrorMessage"))
"""The attributes in which a worker, EventBridge and SNS tell why a message is in a DLQ."""

ERRORS = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message in a DLQ. `attributes` are in SQS's own form, so that every data type goes back as it came."""

    id: str
    receipt: str
    body: str
    sent: float
    attributes: Mapping[str, Mapping[str, Any]]

    @property
    def why(self) -> tuple[str, str]:
        """The code and the reason for being here. What SQS moved by itself carries none."""
        for code, reason in WHY:
            if code in self.attributes:
                return self._text(code), self._text(reason)
        return "exhausted", "received too often: the log of the function has the reason"

    def _text(self, name: str) -> str:
        return str(self.attributes.get(name, {}).get("StringValue", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way from a DLQ back to its queue; `sqs` is a boto3 client."""

    sqs: Any
    dlq_url: str
    queue_url: str

    def receive(self, limit: int) -> Sequence[DeadLetter]:
        """Take up to `limit` messages. All before any goes back: what is parked again at once must not go round."""
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
        """Send one message back, then delete it here. Return what went wrong, empty when nothing did."""
        kept = {name: value for name, value in letter.attributes.items() if name not in (PARK_CODE, PARK_REASON)}
        body = _original(letter.body)
        try:
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, MessageAttributes=kept)
        except ERRORS as error:
            self.release(letter)
            return f"not sent: {error_code(error)}"
        try:
            self.sqs.delete_message(QueueUrl=self.dlq_url, ReceiptHandle=letter.receipt)
        except ERRORS as error:
            return f"sent, but still here as well: {error_code(error)}"
        return ""

    def release(self, letter: DeadLetter) -> None:
        """Let others see the message again, at once if SQS can be reached and by itself otherwise."""
        with suppress(*ERRORS):
            self.sqs.change_message_visibility(QueueUrl=self.dlq_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def _original(body: str) -> str:
    """Unwrap what Lambda wraps: an event handed to a function directly, that failed as often as it may.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        return body
    wrapped = isinstance(record, dict) and {"requestContext", "requestPayload"} <= record.keys()
    return json.dumps(record["requestPayload"]) if wrapped else body


def way(sqs: Any, dlq: str) -> Way:
    """Find the queue that `dlq` serves: the one that says so, else the one it is named after."""
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


def redrive(way: Way, limit: int, console: Console, *, apply: bool) -> int:
    """Show what waits and, with `apply`, send it back; return how many messages could not go."""
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


def main() -> None:
    """Send a dead-letter queue's messages back to their queue, or only show them, which is the default."""
    parser = argparse.ArgumentParser(prog="python -m scripts.operate.redrive", description=main.__doc__)
    parser.add_argument("queue", help="the dead-letter queue's name, with the deployment's prefix")
    parser.add_argument("--apply", action="store_true", help="really send them")
    parser.add_argument("--limit", type=int, default=LIMIT, metavar="N", help=f"so many at most ({LIMIT})")
    parser.add_argument("--env", help="an environment in your credentials' account; without it: what `make up` started")
    arguments = parser.parse_args()
    # A message may hold anything: nothing of it is markup.
    console = Console(markup=False, highlight=False)
    local = None if arguments.env else local_stack.running()
    try:
        sqs = local.aws.client("sqs") if local else aws_session.new().client("sqs")
        failed = redrive(way(sqs, arguments.queue), arguments.limit, console, apply=arguments.apply)
    except ERRORS as error:
        raise CommandError(f"AWS says: {error}") from error
    if failed:
        raise CommandError(f"{failed} of the messages did not go well: see their results; none is lost")


if __name__ == "__main__":
    project.run(main)
