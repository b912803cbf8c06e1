"""Redrive on the local AWS, whose SQS several threads may use at a time, as AWS's own."""

import os
import subprocess
import sys
import time
from collections import Counter

from scripts import project
from scripts.operate import redrive
from tests.support.pipeline import Pipeline, unique

DLQ, QUEUE = "OrgResourceEventsMessagingDLQ", "OrgResourceEventsMessaging"
"""Of the message version that the sender does not read: nobody empties the queue meanwhile."""


def fill(pipeline: Pipeline, queue: str, count: int) -> str:
    """Send messages, each with a number after a name of this call, and return the name."""
    name = unique("back")
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": f"{name} {n}"} for n in range(start, min(start + 10, count))]
        pipeline.client("sqs").send_message_batch(QueueUrl=pipeline.url(queue), Entries=entries)
    return name


def drain(pipeline: Pipeline, queue: str, name: str) -> Counter[str]:
    """Take all there is; return the bodies with ``name``, each with how often it was there."""
    sqs, url = pipeline.client("sqs"), pipeline.url(queue)
    found: Counter[str] = Counter()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(message["Body"] for message in messages if message["Body"].startswith(name))
        entries = [{"Id": str(n), "ReceiptHandle": it["ReceiptHandle"]} for n, it in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def test_thousands_go_back_each_once_by_several_threads(pipeline: Pipeline) -> None:
    assert redrive.THREADS > 1
    name = fill(pipeline, DLQ, 3_000)

    began = time.monotonic()
    assert pipeline.redrive(DLQ) == 0

    assert time.monotonic() - began < 60
    assert drain(pipeline, QUEUE, name) == Counter(f"{name} {number}" for number in range(3_000))
    assert pipeline.depth(DLQ) == 0


def test_killed_in_the_middle_it_loses_nothing(pipeline: Pipeline) -> None:
    """SIGKILL: what is in hand is repeated at most, and what is hidden comes back by itself."""
    name = fill(pipeline, DLQ, 1_000)
    program = (
        "from pathlib import Path\n"
        "from rich.console import Console\n"
        "from scripts.local import stack\n"
        "from scripts.local.aws import LocalAws\n"
        "from scripts.operate import dead_letters, redrive\n"
        "dead_letters.HIDDEN_SECONDS = 5\n"
        f"aws = LocalAws(Path({str(pipeline.aws.folder)!r}), {int(pipeline.aws.endpoint.rpartition(':')[2])})\n"
        "deployment = stack._deployment(aws)\n"
        f"way = redrive.way(aws.client('sqs'), deployment.outputs['queues'], {DLQ!r})\n"
        "redrive.send_back(way, Console())\n"
    )
    path = os.pathsep.join(str(project.ROOT / folder) for folder in ("shared", "functions", ""))
    environment = {**pipeline.aws.env(), "PYTHONPATH": path}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=project.ROOT) as process:
        while pipeline.depth(QUEUE) < 100 and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -9, "it was done before it could be killed"

    time.sleep(6)  # until what it hid can be seen again
    assert pipeline.redrive(DLQ) == 0
    found = drain(pipeline, QUEUE, name)
    assert set(found) == {f"{name} {number}" for number in range(1_000)}
    assert found.total() - len(found) <= 10 * redrive.THREADS
