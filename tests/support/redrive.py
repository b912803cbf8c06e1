"""Queues of a deployment on moto's SQS, what waits in them, and redrive run on one of their DLQs."""

import json
from io import StringIO
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from scripts.operate import redrive

ARN = "arn:aws:sqs:eu-west-1:123456789012:{}"
PARKED = {"park_code": "not_json", "park_reason": "the body is [red]not[/] JSON", "id": "event-1"}


def feed(sqs: Any, queue: str, dlq: str) -> None:
    """Make a queue whose redrive policy names ``dlq``."""
    policy = {"deadLetterTargetArn": ARN.format(dlq), "maxReceiveCount": 5}
    sqs.create_queue(QueueName=queue, Attributes={"RedrivePolicy": json.dumps(policy)})


def queues(**dlqs: str | None) -> redrive.Queues:
    """The stack's outputs: the queues named here with their DLQs, or those of ``sqs``."""
    orders = {"Orders": "OrdersDLQ", "OrdersDLQ": None, "OrdersSubscriptionDLQ": None, "OrdersRuleDLQ": None}
    return {
        name: {
            "name": f"blue-{name}",
            "arn": ARN.format(f"blue-{name}"),
            "url": f"https://sqs.eu-west-1.amazonaws.com/123456789012/blue-{name}",
            "dlq": dlq,
        }
        for name, dlq in (dlqs or orders).items()
    }


QUEUES = queues()


class Failing:
    """An SQS client of which one batch operation fails, for one body or always."""

    def __init__(self, sqs: Any, operation: str, body: str | None = None) -> None:
        self._sqs, self._operation, self._body = sqs, operation, body

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._sqs, name)

        def call(**arguments: Any) -> Any:
            entries = arguments["Entries"]
            bad = [entry["Id"] for entry in entries if self._body in (None, entry.get("MessageBody"))]
            if len(bad) == len(entries):
                raise ClientError({"Error": {"Code": "AccessDenied"}}, name)
            answer = getattr(self._sqs, name)(**arguments | {"Entries": [e for e in entries if e["Id"] not in bad]})
            failed = [{"Id": name, "Code": "AccessDenied", "SenderFault": True} for name in bad]
            return answer | {"Failed": [*answer.get("Failed", []), *failed]}

        return call


def url(sqs: Any, queue: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"blue-{queue}")["QueueUrl"])


def put(sqs: Any, queue: str, body: str, **attributes: str) -> None:
    types = {"channels": "String.Array", "count": "Number.int"}
    sqs.send_message(
        QueueUrl=url(sqs, queue),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": types.get(name, "String"), "StringValue": value} for name, value in attributes.items()
        },
    )


def waiting(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """All messages that can be seen, and go on being seen."""
    answer = sqs.receive_message(
        QueueUrl=url(sqs, queue),
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageAttributeNames=["All"],
    )
    return sorted(answer.get("Messages", []), key=lambda message: str(message["Body"]))


def bodies(sqs: Any, queue: str) -> list[str]:
    return [message["Body"] for message in waiting(sqs, queue)]


def run(
    sqs: Any, dlq: str = "OrdersDLQ", *, apply: bool = True, limit: int | None = None, among: redrive.Queues = QUEUES
) -> tuple[int, str]:
    output = Console(file=StringIO(), width=80, markup=False, soft_wrap=True)
    way = redrive.way(sqs, among, dlq)
    failed = redrive.send_back(way, output, limit) if apply else 0
    if not apply:
        redrive.show(way, output, limit)
    return failed, output.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO


def drained(sqs: Any, queue: str) -> list[str]:
    """The bodies of all messages that can be seen; they are taken."""
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url(sqs, queue), MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return sorted(found)
