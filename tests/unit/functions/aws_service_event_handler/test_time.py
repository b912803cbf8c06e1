"""Time is limited: wide events neither take their batch to the DLQ nor have anything published twice."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from aws_service_event_handler.core import Standardizer
from infra_events.domain.deadline import OUT_OF_TIME, Deadline
from infra_events.domain.outcome import Sent
from infra_events.ports import Publication
from infra_events.runtime.worker import QueueWorker
from tests.support.builders import aws_event, message, whole_catalogue
from tests.support.fakes import FakeParkingLot, FakePublisher

TIMEOUT, VISIBILITY, BATCH, RECEIVES = 30.0, 181.0, 100, 5


class Killed(BaseException):
    """Lambda ended the invocation."""


@dataclass(slots=True)
class Clock:
    """Seconds that pass only when a call is made; ``ends`` is when Lambda ends the invocation."""

    now: float = 0.0
    ends: float = TIMEOUT
    aws_request_id: str = "request-1"
    function_name: str = "standardizer"

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.ends:
            raise Killed

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends - self.now) * 1000)


@dataclass(slots=True, kw_only=True)
class Topic:
    """A topic that takes some time for each call, and counts what it accepted by id."""

    clock: Clock
    seconds: float = 0.015
    calls: int = 0
    ids: Counter[str] = field(default_factory=Counter)

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        assert len(publications) <= 10
        self.clock.pass_by(self.seconds)
        self.calls += 1
        self.ids.update(str(publication.attributes["id"]) for publication in publications)
        return [None] * len(publications)


@dataclass(slots=True)
class Queue:
    """A queue of events, in front of the standardizer: redelivery, partial batch responses, a DLQ."""

    bodies: dict[str, str]
    clock: Clock = field(default_factory=Clock)
    visible: dict[str, float] = field(default_factory=dict)
    receives: Counter[str] = field(default_factory=Counter)
    dlq: list[str] = field(default_factory=list)

    def drain(self, worker: QueueWorker) -> None:
        self.visible = dict.fromkeys(self.bodies, 0.0)
        while self.visible:
            self.clock.now = max(self.clock.now, min(self.visible.values()))
            ready = [one for one, when in self.visible.items() if when <= self.clock.now][:BATCH]
            for one in [one for one in ready if self.receives[one] == RECEIVES]:
                ready.remove(one)
                self.dlq.append(one)
                del self.visible[one]
            self._invoke(worker, ready)

    def _invoke(self, worker: QueueWorker, ready: Sequence[str]) -> None:
        self.receives.update(ready)
        self.visible |= dict.fromkeys(ready, self.clock.now + VISIBILITY)
        self.clock.ends = self.clock.now + TIMEOUT
        try:
            response = worker.run({"Records": [self._record(one) for one in ready]}, self.clock)
        except Killed:
            return
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        for one in set(ready) - failed:
            del self.visible[one]

    def _record(self, name: str) -> dict[str, Any]:
        return {
            "eventSource": "aws:sqs",
            "messageId": name,
            "body": self.bodies[name],
            "attributes": {"SentTimestamp": "1772366400000"},
        }


def bodies(wide: int, plain: int, resource: str) -> dict[str, str]:
    """Events of 1,000 resources among others, in an order that is the same each time."""
    events = {
        f"wide-{n}": aws_event(id=f"wide-{n}", resources=[f"{resource}{r}" for r in range(1000)]) for n in range(wide)
    }
    events |= {f"plain-{n}": aws_event(id=f"plain-{n}") for n in range(plain)}
    names = sorted(events)
    random.Random(7).shuffle(names)  # noqa: S311 - any order that is the same each time
    return {name: message(events[name]).body for name in names}


@pytest.mark.parametrize(
    ("wide", "plain", "resource"), [(12, 88, "arn:aws:ec2:eu-west-1:111122223333:instance/i-"), (24, 176, "")]
)
def test_wide_events_are_published_once_and_so_is_everything_beside_them(wide: int, plain: int, resource: str) -> None:
    queue = Queue(bodies(wide, plain, resource))
    topics = {version: Topic(clock=queue.clock) for version in ("1", "2")}
    work = Standardizer(catalogue=whole_catalogue(), publishers=topics)
    queue.drain(QueueWorker(work=work, parking_lot=FakeParkingLot()))
    once = {f"wide-{n}#{r}": 1 for n in range(wide) for r in range(1, 1001)} | {f"plain-{n}": 1 for n in range(plain)}
    assert queue.dlq == []
    for topic in topics.values():
        assert topic.ids == once


@pytest.mark.parametrize("resource", ["arn:aws:ec2:eu-west-1:111122223333:instance/i-", ""])
def test_events_of_many_resources_cost_others_no_receive(resource: str) -> None:
    queue = Queue(bodies(30, 10, resource))
    work = Standardizer(catalogue=whole_catalogue(), publishers={"1": Topic(clock=queue.clock)})
    queue.drain(QueueWorker(work=work, parking_lot=FakeParkingLot()))
    assert {queue.receives[f"plain-{n}"] for n in range(10)} == {1}


@pytest.mark.parametrize("resources", [1, 3, 7])
def test_neighbours_share_calls(resources: int) -> None:
    """1,000 plain events are 100 calls a version; messages of several resources cost no more."""
    clock = Clock(ends=1e9)
    topics = {version: Topic(clock=clock) for version in ("1", "2")}
    work = Standardizer(catalogue=whole_catalogue(), publishers=topics)
    for batch in range(10):
        names = [f"i-{n}" for n in range(resources)]
        work([message(aws_event(id=f"{batch}-{n}", resources=names)) for n in range(100)])
    assert [topic.calls for topic in topics.values()] == [100 * resources] * 2


def test_all_versions_of_a_message_are_published_before_the_next_one() -> None:
    order: list[tuple[str, str]] = []

    class Recording(FakePublisher):
        def __init__(self, version: str) -> None:
            super().__init__()
            self._version = version

        def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
            order.extend((str(one.attributes["id"])[0], self._version) for one in publications)
            return super().publish(publications)

    work = Standardizer(catalogue=whole_catalogue(), publishers={"1": Recording("1"), "2": Recording("2")})
    resources = [f"i-{n}" for n in range(100)]
    assert work([message(aws_event(id=name, resources=resources)) for name in "abc"]) == [Sent()] * 3
    assert [name for name, _ in order] == sorted(name for name, _ in order)


def deadline(*remaining: float) -> Deadline:
    """Return a deadline of an invocation of 30 s whose time passes from one question to the next."""
    seconds = iter(remaining)
    last = remaining[-1]
    return Deadline.of(lambda: timedelta(seconds=next(seconds, last)))


def test_what_there_is_no_time_for_is_not_begun() -> None:
    topic = FakePublisher()
    work = Standardizer(catalogue=whole_catalogue(), publishers={"1": topic})
    batch = [message(aws_event(id=str(n))) for n in range(3)] + [message("poison")]
    assert work(batch, deadline(30, 4.9)) == [OUT_OF_TIME] * 4
    assert topic.published == []
    assert work(batch[:1], deadline(30, 5.1)) == [Sent()]


def test_a_message_whose_time_runs_out_is_retried_as_a_whole_and_makes_no_further_call() -> None:
    clock = Clock()
    topics = {version: Topic(clock=clock, seconds=0.5) for version in ("1", "2")}
    work = Standardizer(catalogue=whole_catalogue(), publishers=topics)
    remaining = Deadline.of(lambda: timedelta(milliseconds=clock.get_remaining_time_in_millis()))
    batch = [message(aws_event(resources=names)) for names in (["i-1"], [str(n) for n in range(1000)], ["i-2"])]
    assert work(batch, remaining) == [Sent(), OUT_OF_TIME, Sent()]
    assert clock.now == TIMEOUT - 1


def test_a_short_time_out_leaves_time_to_work() -> None:
    work = Standardizer(catalogue=whole_catalogue(), publishers={"1": FakePublisher()})
    assert work([message(aws_event())], deadline(3, 2)) == [Sent()]


def test_only_an_event_of_many_resources_is_published_in_threads() -> None:
    calls: list[int] = []

    def many(function: Any, items: Sequence[Any]) -> Any:
        calls.append(len(items))
        return map(function, items)

    topics = {version: FakePublisher() for version in ("1", "2")}
    work = Standardizer(catalogue=whole_catalogue(), publishers=topics, many=many)
    work([message(aws_event(id=str(n))) for n in range(100)])
    assert calls == []
    work([message(aws_event(resources=[str(n) for n in range(1000)]))])
    assert calls == [200]
