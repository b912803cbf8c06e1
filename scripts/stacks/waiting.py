"""The messages that an apply or a destroy would delete: with a queue, SQS deletes all that waits in it.

A queue that loses its subscription counts too: it is the end of a path that is being removed, and whoever empties it
should do so first. The counts are SQS's, which are a few seconds late:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.errors import error_code
from scripts.project import CommandError

DELAYED = "ApproximateNumberOfMessagesDelayed"
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", DELAYED)
"""The attributes of a queue that together are all of its messages."""

QUEUE, SUBSCRIPTION, MAPPING = "aws_sqs_queue", "aws_sns_topic_subscription", "aws_lambda_event_source_mapping"


class Resource(NamedTuple):
    """A managed resource as it is now: Terraform's type and attributes, and whether it is to be deleted."""

    kind: str
    values: Mapping[str, Any]
    is_deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue that is to lose its messages. ``subscriptions`` are the ARNs of what feeds it, ``depth`` what waits."""

    name: str
    url: str
    is_dlq: bool
    has_function: bool
    subscriptions: Sequence[str]
    depth: int

    @property
    def holds(self) -> str:
        """How many messages wait, in words."""
        return f"{self.name} holds {self.depth:,} message{'' if self.depth == 1 else 's'}"

    @property
    def discard(self) -> str:
        """The commands that drop what waits, and keep more from coming."""
        unsubscribe = [f"aws sns unsubscribe --subscription-arn {arn}" for arn in self.subscriptions]
        return ", then ".join([*unsubscribe, f"aws sqs purge-queue --queue-url {self.url}"])


def planned(plan: Mapping[str, Any]) -> Sequence[Resource]:
    """Return what a plan knows of (``terraform show -json <plan>``); a replacement deletes too.

    The format: https://developer.hashicorp.com/terraform/internals/json-format
    """
    return [
        Resource(one["type"], one["change"]["before"], "delete" in one["change"]["actions"])
        for one in plan.get("resource_changes", ())
        if one["mode"] == "managed" and one["change"]["before"]
    ]


def existing(state: Mapping[str, Any]) -> Sequence[Resource]:
    """Return all that a state has (``terraform show -json``), as what a destroy deletes."""

    def of(module: Mapping[str, Any]) -> Iterator[Resource]:
        for one in module.get("resources", ()):
            if one["mode"] == "managed":
                yield Resource(one["type"], one["values"], is_deleted=True)
        for child in module.get("child_modules", ()):
            yield from of(child)

    return list(of(state.get("values", {}).get("root_module", {})))


def queues(resources: Iterable[Resource], sqs: Any) -> Sequence[Queue]:
    """Return the queues among ``resources`` whose messages would be deleted or cut off, and that hold any.

    A queue that is gone holds none. Raises CommandError when SQS does not show what is in one.
    """
    known = list(resources)
    subscriptions = [one for one in known if one.kind == SUBSCRIPTION]
    fed = {one.values["event_source_arn"] for one in known if one.kind == MAPPING}
    found = []
    for one in known:
        if one.kind != QUEUE:
            continue
        feeding = [
            subscription for subscription in subscriptions if subscription.values["endpoint"] == one.values["arn"]
        ]
        if not (one.is_deleted or any(subscription.is_deleted for subscription in feeding)):
            continue
        queue = Queue(
            name=one.values["name"],
            url=one.values["url"],
            is_dlq=not one.values.get("redrive_policy"),
            has_function=one.values["arn"] in fed,
            subscriptions=[subscription.values["arn"] for subscription in feeding],
            depth=_depth(one.values["name"], one.values["url"], sqs),
        )
        if queue.depth:
            found.append(queue)
    return found


def refusal(waiting: Sequence[Queue], argument: str) -> str:
    """Return why a plan that deletes such queues is not applied, and what to do about each.

    ``argument`` is what follows a make verb to mean the environment.
    """
    lines = ["this plan deletes queues in which messages wait, or cuts them off from their topic; nothing was applied"]
    for queue in waiting:
        lines += [f"  {queue.holds}: {_way_out(queue, argument)}", f"    to discard instead: {queue.discard}"]
    return "\n".join([*lines, "  Then apply once more."])


def _way_out(queue: Queue, argument: str) -> str:
    if queue.is_dlq:
        return f"make redrive QUEUE={queue.name}{argument} shows why they wait; the same with APPLY=1 sends them back"
    if queue.has_function:
        return "wait until its function has emptied it"
    return "no function of this stack reads it: have its consumers empty it"


def _depth(name: str, url: str, sqs: Any) -> int:
    try:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS))["Attributes"]
    except sqs.exceptions.QueueDoesNotExist:
        return 0
    except (BotoCoreError, ClientError) as problem:
        code = error_code(problem)
        allow = ": allow sqs:GetQueueAttributes on it" if "AccessDenied" in code else ""
        raise CommandError(
            f"nothing was changed: SQS does not show whether messages wait in {name} ({code}){allow}"
        ) from problem
    return sum(int(attributes.get(count, 0)) for count in COUNTS)
