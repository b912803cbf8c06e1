"""Whether messages wait where nobody takes them."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from scripts.operate.doctor.finding import Code, Finding, error, warning, well
from scripts.operate.doctor.patient import NEAR, Patient, Queue
from scripts.stacks import waiting

ATTEMPTS = 5
"""How often a queue gives a message to its worker: no worker runs where one is older than so many time-outs."""


class Depth(NamedTuple):
    """How many messages are in a queue, and how many of these are to be delivered later."""

    total: int
    delayed: int


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """Whether messages wait for a person."""
    for queue in patient.dead_letter_queues():
        found = depth(patient, queue)
        if found is None:
            yield error(Code.QUEUE_MISSING, f"{queue.name} does not exist", patient.deploy)
        elif found.total:
            fix = f"make redrive QUEUE={queue.name}{patient.argument} shows why; the same with APPLY=1 sends them back"
            what = f"{found.total:,} message(s) wait in {queue.name}"
            yield warning(Code.DLQ_NOT_EMPTY, what, fix, messages=found.total)


def ages(patient: Patient) -> Iterator[Finding]:
    """Whether messages wait for a worker that does not run, or are about to expire where others should take them."""
    for queue in patient.queues():
        attributes = _attributes(patient, queue)
        if attributes is None:
            yield error(Code.QUEUE_MISSING, f"{queue.name} does not exist", patient.deploy)
            continue
        peaks = patient.maxima("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue.name})
        age = max(peaks, default=0)
        waits = f"the oldest message in {queue.name} is {timedelta(seconds=age)} old"
        if queue.worker:
            if age > ATTEMPTS * int(attributes["VisibilityTimeout"]):
                fix = "see what else this report finds about its function; then the function's log"
                yield error(Code.QUEUE_LAGGING, f"{waits}: its function does not run, or cannot keep up", fix)
        elif not queue.unread and age > NEAR * int(attributes["MessageRetentionPeriod"]):
            kept = timedelta(seconds=int(attributes["MessageRetentionPeriod"]))
            fix = f"have its consumers empty it; if it has none: aws sqs purge-queue --queue-url {queue.url}"
            yield warning(Code.QUEUE_EXPIRING, f"{waits} and is lost after {kept}", fix)


def unread(patient: Patient) -> Iterator[Finding]:
    """Which messaging queues the sender does not read: they fill, and drop what is old, by design."""
    for queue in patient.queues():
        if queue.unread:
            what = f"{queue.name} is of a message version that the sender does not read: its messages expire by design"
            yield well(f"{what}, and are there for a change of sender_version")


def depth(patient: Patient, queue: Queue) -> Depth | None:
    """Return how many messages are in a queue, or None when there is no such queue."""
    attributes = _attributes(patient, queue)
    if attributes is None:
        return None
    counts = {name: int(attributes.get(name, 0)) for name in waiting.COUNTS}
    return Depth(total=sum(counts.values()), delayed=counts[waiting.DELAYED])


def _attributes(patient: Patient, queue: Queue) -> Mapping[str, str] | None:
    """Return a queue's attributes, or None when there is no such queue."""
    sqs = patient.client("sqs")
    try:
        answer = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
    except sqs.exceptions.QueueDoesNotExist:
        return None
    return dict(answer["Attributes"])
