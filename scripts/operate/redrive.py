"""Redrive: send the messages of a dead-letter queue back to the queue that they were in.

Both queues are of the deployment (Terraform's outputs); what anybody else's redrive policy claims counts for nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import click
from botocore.exceptions import ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra_events.domain.errors import error_code
from infra_events.domain.text import one_line
from scripts import options
from scripts.operate.dead_letters import BATCH, SENT, DeadLetter, Way, waiting
from scripts.operate.target import Target, one_line_errors, target
from scripts.project import CommandError, UsageError

SUFFIXES = ("SubscriptionDLQ", "RuleDLQ", "DLQ")
"""The endings of the names of a queue's DLQs, after the queue's name; the first that fits counts."""

SHOWN = 1000
"""How many messages are looked at where nothing is sent."""

THREADS = 8
"""How many batches are on their way at a time."""

LINES = 30
"""How many causes are shown, the most frequent ones."""

LINE_SECONDS = 5
"""How often progress is reported where no terminal shows a bar."""

Queues = Mapping[str, Mapping[str, Any]]
"""The stack's output ``queues``."""


def way(sqs: Any, queues: Queues, dlq: str) -> Way:
    """Find the queue that ``dlq`` serves among the deployment's, by their names with or without prefix.

    Raises UsageError when it is none of the deployment's DLQs, CommandError when a foreign queue leads to it as well.
    """
    name = next((key for key, output in queues.items() if dlq in (key, output["name"])), None)
    if name is None:
        raise UsageError(f"there is no queue {dlq!r}; the dead-letter queues here: {', '.join(dlqs(queues)) or 'none'}")
    source = _source(queues, name)
    if source is None:
        raise UsageError(f"{dlq} is no dead-letter queue; there is {', '.join(dlqs(queues)) or 'none'}")
    queue = queues[source]
    found = Way(
        sqs=sqs,
        dlq_name=queues[name]["name"],
        dlq_url=queues[name]["url"],
        queue_name=queue["name"],
        queue_url=queue["url"],
        queue_arn=queue["arn"],
    )
    if foreign := sorted(set(_sources(sqs, found.dlq_url)) - {found.queue_name}):
        raise CommandError(
            f"{', '.join(foreign)} also leads to {found.dlq_name} and is not its queue: messages of others may wait "
            "there. Remove that queue, or its redrive policy"
        )
    return found


def dlqs(queues: Queues) -> Sequence[str]:
    """Return the names without prefix of the deployment's dead-letter queues."""
    return sorted(name for name in queues if _source(queues, name))


def _source(queues: Queues, dlq: str) -> str | None:
    """Return the queue that names ``dlq`` as its DLQ in the outputs, else the one it is named after, else None.

    Topics and rules have DLQs as well, and no queue names those: they have the name of the queue they deliver to.
    """
    naming = (name for name, output in queues.items() if output.get("dlq") == dlq)
    after = (dlq.removesuffix(suffix) for suffix in SUFFIXES if dlq.endswith(suffix))
    return next(naming, None) or next((name for name in after if name in queues), None)


def _sources(sqs: Any, dlq_url: str) -> Sequence[str]:
    """Return the names of the queues whose redrive policy leads to a DLQ; they are of its account and region."""
    try:
        pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=dlq_url)
        return [url.rsplit("/", 1)[-1] for page in pages for url in page.get("queueUrls", [])]
    except ClientError as error:
        # The local AWS does not know this call.
        if error_code(error) == "InvalidAction":
            return []
        raise


def overview(there: Target, console: Console) -> None:
    """Print every dead-letter queue of a deployment with its messages, and what to do about them."""
    sqs, queues = there.client("sqs"), there.outputs["queues"]
    counts = {queues[name]["name"]: waiting(sqs, queues[name]["url"]) for name in dlqs(queues)}
    for name, count in counts.items():
        console.print(f"{count:>9,}  {name}")
    filled = [name for name, count in counts.items() if count]
    for name in filled:
        console.print(f"\nmake redrive QUEUE={name}{there.argument}")
    if filled:
        console.print("\nEach of these shows why its messages wait; the same with APPLY=1 sends them back.")
    else:
        console.print("\nNothing waits for a person.")


@dataclass(slots=True)
class Redriver:
    """Sends back what waits when it begins, several batches at a time; ``progress`` learns the number of each batch.

    What comes into the DLQ meanwhile stays: a message that is parked again must not go round.
    """

    way: Way
    limit: int | None
    progress: Callable[[int], object]
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many messages had which cause, as a text, and which result."""

    newer: int = 0
    _began: float = 0
    _taken: int = 0
    _kept: list[DeadLetter] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send back everything, or ``limit`` messages. An interrupt ends it after the batches in hand."""
        self._began = self.way.now()
        with ThreadPoolExecutor(THREADS) as threads:
            works = [threads.submit(self._work) for _ in range(THREADS)]
            try:
                for work in works:
                    work.result()
            finally:
                self._stop.set()
        # Those that stay are hidden until now, so that no thread receives them again.

    def release(self) -> None:
        """Let others see again what stays in the DLQ."""
        self.way.release(self._kept)

    def _work(self) -> None:
        while not self._stop.is_set() and (room := self._reserve(BATCH)):
            received = self.way.receive(room)
            old = [letter for letter in received if letter.sent <= self._began]
            with self._lock:
                self._taken -= room - len(old)
                self.newer += len(received) - len(old)
                self._kept += [letter for letter in received if letter.sent > self._began]
            if not received:
                return
            self._go(old)

    def _reserve(self, count: int) -> int:
        """Return how many more messages may be taken, ``count`` at most, and count them as taken."""
        with self._lock:
            room = count if self.limit is None else min(count, self.limit - self._taken)
            self._taken += room
            return room

    def _go(self, letters: Sequence[DeadLetter]) -> None:
        stay: Sequence[DeadLetter] = letters
        try:
            results = self.way.go(letters)
            stay = [letter for letter, result in zip(letters, results, strict=True) if result != SENT]
            with self._lock:
                self.results.update(zip(map(_cause, letters), results, strict=True))
                self.progress(len(results))
        finally:
            with self._lock:
                self._kept += stay


def send_back(way: Way, console: Console, limit: int | None = None) -> int:
    """Send back what waits, at most ``limit`` messages, showing progress; return how many failed."""
    _header(way, console)
    total = way.count()
    columns = (TextColumn("sent back"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total if limit is None else min(total, limit))
        lines = Lines(console, total)

        def progress(count: int) -> None:
            bar.advance(task, count)
            if not console.is_terminal:
                lines.advance(count)

        redriver = Redriver(way, limit, progress)
        try:
            redriver.run()
        finally:
            redriver.release()
            _report(redriver, console)
    return sum(count for (_, result), count in redriver.results.items() if result != SENT)


@dataclass(slots=True)
class Lines:
    """Progress as a line every few seconds."""

    console: Console
    total: int
    done: int = 0
    last: float = field(default_factory=time.monotonic)

    def advance(self, count: int) -> None:
        """Count ``count`` more messages."""
        self.done += count
        if time.monotonic() - self.last > LINE_SECONDS:
            self.last = time.monotonic()
            self.console.print(f"{self.done:,} of about {self.total:,} handled")


def _report(redriver: Redriver, console: Console) -> None:
    if not redriver.results and not redriver.newer:
        console.print("Nothing waits there.")
    shown = redriver.results.most_common(LINES)
    for (cause, result), count in shown:
        console.print(f"{count:>9,}  {result or 'sent'} ({cause})")
    if rest := redriver.results.total() - sum(count for _, count in shown):
        console.print(f"{rest:>9,}  with other causes")
    if redriver.newer:
        console.print(f"{redriver.newer:>9,}  came in meanwhile and stayed, perhaps parked again")
    if redriver.limit is not None and redriver.results.total() >= redriver.limit:
        console.print(f"More may wait: these are the first {redriver.limit:,}.")


def show(way: Way, console: Console, limit: int | None = None) -> None:
    """Print why messages wait, by reason, and leave them as they are; at most ``limit`` are looked at."""
    _header(way, console)
    letters: list[DeadLetter] = []
    most = SHOWN if limit is None else limit
    try:
        while len(letters) < most and (received := way.receive(most - len(letters))):
            letters += received
    finally:
        way.release(letters)
    if not letters:
        console.print("Nothing waits there.")
        return
    for cause, count in Counter(map(_cause, letters)).most_common(LINES):
        oldest = min((letter for letter in letters if _cause(letter) == cause), key=lambda letter: letter.sent)
        console.print(f"{count:>9,}  {cause}")
        console.print(f"           the oldest is {_age(time.time() - oldest.sent)} old: message {oldest.id}")
    if len(letters) >= most:
        console.print(f"More may wait: these are the first {most:,}.")
    console.print("Nothing was changed. To send them back: the same with --apply (make: APPLY=1)")


def _cause(letter: DeadLetter) -> str:
    code, reason = letter.why
    return f"{one_line(code, 40)}: {one_line(reason, 200)}"


def _header(way: Way, console: Console) -> None:
    console.print(f"{way.dlq_name} → {way.queue_name}")


def _age(seconds: float) -> str:
    for size, unit in ((24 * 60 * 60, "d"), (60 * 60, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


@click.command
@click.argument("queue", required=False)
@options.apply
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="At most N messages.")
@options.environment
def redrive(queue: str | None, limit: int | None, environment: str | None, *, apply: bool) -> None:
    """List the dead-letter queues, or show what one would send back: make redrive QUEUE=<name>. With --apply: send it.

    QUEUE is the dead-letter queue's name, with or without the deployment's prefix.
    """
    if queue is None and (apply or limit):
        raise UsageError("which dead-letter queue? QUEUE=… names it; without it they are only listed")
    # A message may hold anything: nothing of it is markup. A line that wraps breaks names.
    console = Console(markup=False, highlight=False, soft_wrap=True)
    there = target(environment)
    failed = 0
    with one_line_errors():
        if queue is None:
            overview(there, console)
        elif apply:
            failed = send_back(way(there.client("sqs"), there.outputs["queues"], queue), console, limit)
        else:
            show(way(there.client("sqs"), there.outputs["queues"], queue), console, limit)
    if failed:
        raise CommandError(f"{failed:,} of the messages did not go well: see their results; none is lost")
