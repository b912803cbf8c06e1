"""A change of the routing reaches the functions while drills keep coming."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from scripts import environments
from scripts.local import stack as local_stack
from tests.support.pipeline import PATIENCE_SECONDS, Pipeline, unique

ROUTING = environments.files(environments.LOCAL).routing
SEARCH = "search@example.org"
PAUSE_SECONDS = 0.5


@contextmanager
def drills_meanwhile(pipeline: Pipeline, instance: str) -> Iterator[list[str]]:
    """Send drills of an instance as long as the block runs."""
    over, sent = threading.Event(), list[str]()

    def keep_sending() -> None:
        while not over.wait(PAUSE_SECONDS):
            sent.append(pipeline.drill(instance, "stopped"))

    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(keep_sending)
        try:
            yield sent
        finally:
            over.set()
        sending.result()


def test_a_change_of_the_routing_rolls_out_whole_and_loses_nothing(fragile: Pipeline, tmp_path: Path) -> None:
    changed = tmp_path / "changed.routing.yaml"
    changed.write_text(ROUTING.read_text().replace(SEARCH, "new-search@example.org"))
    instance = fragile.launch(unique("web"), Owner="search")
    content = local_stack.files(routing=changed)

    with fragile.patience(PATIENCE_SECONDS):
        before = fragile.drill(instance, "stopped")
        fragile.settle()
        with drills_meanwhile(fragile, instance) as sent:
            local_stack.deploy(fragile.aws, content)
        fragile.settle()
        after = fragile.drill(instance, "stopped")
        fragile.settle()

    boxes = {event: [mail.to for mail in fragile.mails(about=event)] for event in (before, *sent, after)}
    assert len(sent) > 3
    assert boxes[before] == [(SEARCH,)]
    assert boxes[after] == [("new-search@example.org",)]
    assert {box for event in sent for box in boxes[event]} <= {(SEARCH,), ("new-search@example.org",)}
    assert [event for event, mails in boxes.items() if len(mails) != 1] == []
    digests = {mail.text.partition("(routing ")[2][:12] for event in boxes for mail in fragile.mails(about=event)}
    assert len(digests) == 2, "every mail names the routing that decided on it"
