"""SIGKILL in the middle of a batch, and messages that only fail: repeated perhaps, lost never."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.builders import aws_event, notification
from tests.support.pipeline import Pipeline, unique
from tests.support.proxy import Proxy, Refusal, proxy
from tests.support.waiting import BUSY_SECONDS, eventually

EMAIL = "EmailNotificationSender"
EMAIL_QUEUE = "OrgResourceEventsNotificationEmail"
STANDARDIZER = "AwsServiceEventHandler"

COMES_BACK_SECONDS = 6
"""Instead of 30: how soon a message comes back that a killed standardizer had in hand."""


class Gate:
    """Lets `free` calls through and holds the next one until it is opened; what was held gets lost if so wished."""

    def __init__(self, *, free: int, loses: bool = False) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._free = free
        self._loses = loses

    def __call__(self) -> None:
        self._free -= 1
        if self._free < 0 and not self._opened.is_set():
            self.reached.set()
            self._opened.wait(BUSY_SECONDS)
            if self._loses:
                raise ConnectionAbortedError

    def open(self) -> None:
        self._opened.set()


@contextmanager
def killed_at(pipeline: Pipeline, function: str, gate: Gate) -> Iterator[None]:
    """Run the block with the function held back, then let it have one batch, and kill it where the gate holds it."""
    with pipeline.paused(function):
        yield
    try:
        assert gate.reached.wait(BUSY_SECONDS)
        assert pipeline.kill_workers(function) > 0
    finally:
        gate.open()


@pytest.fixture
def ses(fragile: Pipeline) -> Iterator[Proxy]:
    """SES as the email function sees it.

    What a killed function had in hand comes back as soon as its lease in the sent record has ended, not earlier: then
    it would only be retried, and in the end exhausted.
    """
    with proxy(fragile.aws.endpoint) as state, fragile.environment(EMAIL, AWS_ENDPOINT_URL_SESV2=state.url):
        yield state


@pytest.mark.parametrize(("side", "repeated"), [("before", 0), ("after", 1)])
def test_killed_between_two_mails_it_repeats_at_most_the_one_in_hand(
    fragile: Pipeline, ses: Proxy, side: str, repeated: int
) -> None:
    names = [unique("batch") for _ in range(10)]
    gate = Gate(free=4, loses=side == "before")
    setattr(ses, side, gate)

    with killed_at(fragile, EMAIL, gate):
        for name in names:
            fragile.notify(notification(id=name, text=name))
    fragile.settle()

    mails = Counter({name: len(fragile.mails(about=name)) for name in names})
    assert min(mails.values()) == 1, "lost"
    assert sum(mails.values()) == len(names) + repeated
    assert fragile.depth(f"{EMAIL_QUEUE}DLQ") == 0


def test_an_update_in_the_middle_of_a_mail_lets_it_finish_and_repeats_nothing(fragile: Pipeline, ses: Proxy) -> None:
    name = unique("updated")
    ses.after = gate = Gate(free=0)
    fragile.notify(notification(id=name, text=name))
    try:
        assert gate.reached.wait(BUSY_SECONDS)
        with fragile.environment(EMAIL, UPDATED="yes"):
            gate.open()
            fragile.settle()
    finally:
        gate.open()

    assert len(fragile.mails(about=name)) == 1
    assert not [line for line in fragile.logs(EMAIL, "message_retried") if name in json.dumps(line)]


def test_a_standardizer_killed_after_publishing_repeats_to_machines_and_mails_once(fragile: Pipeline) -> None:
    names = [unique("event") for _ in range(10)]
    gate = Gate(free=0)
    with (
        proxy(fragile.aws.endpoint) as sns,
        fragile.environment(STANDARDIZER, AWS_ENDPOINT_URL_SNS=sns.url),
    ):
        sns.after = gate
        # Not longer: what is received afterwards stays in one pair of hands, however slow they are.
        with (
            fragile.visibility("AwsServiceEvents", COMES_BACK_SECONDS),
            killed_at(fragile, STANDARDIZER, gate),
        ):
            fragile.send("AwsServiceEvents", *(json.dumps(aws_event(id=name)) for name in names))
        fragile.settle()

    assert [len(fragile.machine_messages(about=name)) for name in names] == [2] * 10
    assert [len(fragile.mails(about=f"Event {name}, ")) for name in names] == [1] * 10


def test_what_only_fails_waits_unchanged_and_redrive_delivers_it_once(fragile: Pipeline, ses: Proxy) -> None:
    name = unique("exhausted")
    dlq = f"{EMAIL_QUEUE}DLQ"
    document = notification(id=name, text=name)
    ses.refuse = Refusal(status=403, error="AccessDeniedException")
    with fragile.visibility(EMAIL_QUEUE, 2):
        fragile.notify(document)
        eventually(lambda: fragile.peek(dlq, about=name), "the message is in the DLQ")

    (exhausted,) = fragile.peek(dlq, about=name)
    assert json.loads(exhausted.body) == document
    assert exhausted.attributes == {"channels": '["email"]'}
    assert ses.refused > 1

    assert fragile.redrive(dlq, apply=False) == 0
    assert fragile.peek(dlq, about=name) == [exhausted]
    assert fragile.mails(about=name) == []

    ses.refuse = None
    assert fragile.redrive(dlq) == 0
    assert fragile.redrive(dlq) == 0
    fragile.settle()
    assert len(fragile.mails(about=name)) == 1
    assert fragile.depth(dlq) == 0


def test_what_was_mailed_before_it_was_redriven_is_not_mailed_again(fragile: Pipeline) -> None:
    name = unique("repeated")
    document = json.dumps(notification(id=name, text=name))
    fragile.notify(document)
    fragile.settle()

    fragile.send(f"{EMAIL_QUEUE}DLQ", document)
    assert fragile.redrive(f"{EMAIL_QUEUE}DLQ") == 0
    fragile.settle()

    assert len(fragile.mails(about=name)) == 1
    notes = [note for batch in fragile.logs(EMAIL, "batch_finished") for note in batch["notes"]]
    assert "already_sent: destination payments" in notes
