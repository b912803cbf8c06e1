"""A burst of notifications in virtual time: the real worker, channel and pace between an SQS and an SES that are fakes.

SQS hides what was received, counts receives and delays; a mapping runs a few workers at a time and hands over at once
what it receives; SES refuses by its rate, counted in recipients, by a quota and while it is paused. An hour of it takes
a second.
"""

import heapq
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from math import ceil
from typing import Any

from aws_lambda_powertools import Logger

from infra_events.delivery.channel import TO_FINISH
from infra_events.delivery.pace import Allowance
from infra_events.domain.errors import Limit, NotNowError, ParkCode
from infra_events.domain.notification import Notification
from infra_events.ports import FIRST_ENQUEUED, Message, Recorded
from infra_events.runtime.worker import QueueWorker
from tests.support.builders import notification, routing
from tests.support.channels import channel, pacer
from tests.support.fakes import FakePaceStore
from tests.support.virtual_time import VirtualTime

MAX_RECEIVE_COUNT = 5
TIMEOUT_SECONDS = 60
VISIBILITY_SECONDS = 6 * TIMEOUT_SECONDS
SEND_SECONDS = 0.03
"""How long SES takes for a mail."""


class Killed(BaseException):
    """The process of a worker ends; nothing in it can do anything about that."""


@dataclass(order=True, slots=True)
class Queued:
    visible_at: float
    number: int
    body: str = field(compare=False)
    attributes: dict[str, str] = field(compare=False)
    sent_at: float = field(compare=False)
    receives: int = field(default=0, compare=False)


class Queue:
    """A standard queue and its DLQ."""

    def __init__(self, name: str, time: VirtualTime) -> None:
        self.name, self.dlq = name, list[Queued]()
        self.most_receives = 0
        self._time, self._waiting, self._numbers = time, list[Queued](), count()

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, body: str, attributes: dict[str, str], delay: float = 0) -> None:
        now = self._time.seconds()
        heapq.heappush(self._waiting, Queued(now + delay, next(self._numbers), body, attributes, now))

    def receive(self, most: int) -> list[Queued]:
        """Take up to ``most`` messages; each is hidden until its visibility timeout ends, or until it is deleted."""
        received: list[Queued] = []
        while len(received) < most and self._waiting and self._waiting[0].visible_at <= self._time.seconds():
            one = heapq.heappop(self._waiting)
            if one.receives >= MAX_RECEIVE_COUNT:
                self.dlq.append(one)
                continue
            one.receives += 1
            self.most_receives = max(self.most_receives, one.receives)
            one.visible_at = self._time.seconds() + VISIBILITY_SECONDS
            heapq.heappush(self._waiting, one)
            received.append(one)
        return received

    def delete(self, done: Sequence[Queued]) -> None:
        numbers = {one.number for one in done}
        self._waiting = [one for one in self._waiting if one.number not in numbers]
        heapq.heapify(self._waiting)

    def next_visible(self) -> float:
        return self._waiting[0].visible_at if self._waiting else float("inf")


@dataclass(kw_only=True)
class Ses:
    """A provider that limits as SES does (a ``Transport``); ``others`` is what somebody else sends per second."""

    time: VirtualTime
    rate: float
    quota: int | None = None
    others: float = 0
    paused: bool = False
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent_at: dict[str, float] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    kill_after: Callable[[int], bool] = lambda _number: False
    _bucket: float = 0
    _at: float = 0

    def send(self, target: str, mail: Notification) -> str:
        self.time.sleep(SEND_SECONDS)
        if self.paused:
            self._refuse(Limit.CLOSED, "paused")
        if self.quota is not None and self.sent.total() >= self.quota:
            self._refuse(Limit.CLOSED, "quota")
        now = self.time.seconds()
        self._bucket = min(self.rate, self._bucket + (now - self._at) * (self.rate - self.others))
        self._at = now
        if self._bucket < 1:
            self._refuse(Limit.RATE, "rate")
        self._bucket -= 1
        self.sent[mail.id, target] += 1
        self.sent_at[mail.id] = now
        if self.kill_after(self.sent.total()):
            raise Killed
        return "mail"

    def _refuse(self, limit: Limit, reason: str) -> None:
        self.refusals[reason] += 1
        raise NotNowError(limit, reason)


class Records:
    """The sent record; a lease ends when the invocation that took it must."""

    def __init__(self, time: VirtualTime) -> None:
        self._time, self._final, self._leases = time, set[str](), dict[str, float]()

    def once(self, key: str, content: str, send: Callable[[], str]) -> Recorded:  # noqa: ARG002 - the port's
        if key in self._final:
            return Recorded.ALREADY_SENT
        if self._leases.get(key, 0) > self._time.seconds():
            raise NotNowError(Limit.HELD, "another process is sending this")
        self._leases[key] = self._time.seconds() + TIMEOUT_SECONDS
        try:
            send()
        except Exception:
            del self._leases[key]
            raise
        self._final.add(key)
        return Recorded.SENT


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a burst; times in seconds from its beginning."""

    mails: int
    sent: int
    twice: int
    last: float
    in_dlq: int
    parked: Counter[ParkCode]
    most_receives: int
    refusals: Counter[str]
    postponed: int
    longest_fatal_wait: float
    ordinary_wait: float


@dataclass(kw_only=True)
class Burst:
    """``mails`` notifications to a destination of ``addresses``, within ``arrive`` seconds, and how SES is limited."""

    mails: int
    rate: float
    addresses: int = 1
    quota: int | None = None
    quota_known: int | None = None
    others: float = 0
    arrive: float = 60
    fatal: int = 0
    fatal_at: float = 60
    ordinary: int = 0
    kills: Sequence[int] = ()
    pause: tuple[float, float] | None = None
    new_day_at: float | None = None
    seed: int = 1

    def run(self) -> Result:
        """Play it until everything is sent, parked or in a DLQ, or for four days."""
        return _Run(self).result()


class _Run:
    def __init__(self, burst: Burst) -> None:
        self.burst = burst
        self.time = VirtualTime()
        self.start = self.time.seconds()
        kills = {*burst.kills}
        self.ses = Ses(
            time=self.time,
            rate=burst.rate,
            quota=burst.quota,
            others=burst.others,
            kill_after=lambda number: number in kills,
        )
        self.normal, self.urgent = Queue("Email", self.time), Queue("EmailUrgent", self.time)
        self.records, self.store = Records(self.time), FakePaceStore()
        self.parked: Counter[ParkCode] = Counter()
        self.postponed = 0
        self.put_at: dict[str, float] = {}
        self.idle_seconds = 1.0
        self.over = False
        per_second = 0.9 * burst.rate
        self.allowance = Allowance(
            per_second=per_second, per_day=None if burst.quota_known is None else int(0.9 * burst.quota_known)
        )
        self.batch = max(1, min(10, int(5 * per_second)))
        self.concurrency = max(2, ceil(per_second / 8))
        addresses = [f"a{number}@example.org" for number in range(burst.addresses)]
        self.routing = routing(
            destinations={"platform": {"emails": ["p@example.org"]}, "payments": {"emails": addresses}}
        )

    def result(self) -> Result:
        random.seed(self.burst.seed)
        workers = [self._mapping(queue) for queue in (self.normal, self.urgent) for _ in range(self.concurrency)]
        self.time.run(self._producer, self._operator, *workers)
        burst, ses = self.burst, self.ses
        everything = [*self.put_at]
        waits = {key: ses.sent_at[key] - self.put_at[key] for key in everything if key in ses.sent_at}
        return Result(
            mails=len(everything) * burst.addresses,
            sent=len(ses.sent),
            twice=sum(times > 1 for times in ses.sent.values()),
            last=max(ses.sent_at.values(), default=0) - self.start,
            in_dlq=len(self.normal.dlq) + len(self.urgent.dlq),
            parked=self.parked,
            most_receives=max(self.normal.most_receives, self.urgent.most_receives),
            refusals=ses.refusals,
            postponed=self.postponed,
            longest_fatal_wait=max((wait for key, wait in waits.items() if key.startswith("fatal")), default=0),
            ordinary_wait=max((wait for key, wait in waits.items() if key.startswith("ordinary")), default=0),
        )

    def _producer(self) -> None:
        """Put everything in its time; FATAL goes to both queues."""
        burst, chance = self.burst, random.Random(self.burst.seed)  # noqa: S311 - no secret
        arrivals = [(chance.random() * burst.arrive, "WARN", f"burst-{n}") for n in range(burst.mails)]
        arrivals += [(burst.fatal_at + chance.random(), "FATAL", f"fatal-{n}") for n in range(burst.fatal)]
        arrivals += [(burst.arrive + 60 * chance.random(), "WARN", f"ordinary-{n}") for n in range(burst.ordinary)]
        for at, severity, key in sorted(arrivals):
            self._sleep_until(at)
            self.put_at[key] = self.time.seconds()
            body = json.dumps(notification(id=key, severity=severity))
            for queue in (self.normal, self.urgent) if severity == "FATAL" else (self.normal,):
                queue.send(body, {"channels": '["email"]'})
        while len(self.normal) + len(self.urgent) and self.time.seconds() < self.start + 4 * 86_400:
            self.idle_seconds = 20.0
            self.time.sleep(self.idle_seconds)
        self.over = True

    def _operator(self) -> None:
        """Pause and resume SES; let a day pass for its quota."""
        moments: list[tuple[float, Callable[[], None]]] = []
        if self.burst.pause:
            moments += [(self.burst.pause[0], self._pause), (self.burst.pause[1], self._resume)]
        if self.burst.new_day_at:
            moments.append((self.burst.new_day_at, self._new_day))
        for at, act in moments:
            self._sleep_until(at)
            act()

    def _pause(self) -> None:
        self.ses.paused = True

    def _resume(self) -> None:
        self.ses.paused = False

    def _new_day(self) -> None:
        self.ses.quota = None

    def _sleep_until(self, at: float) -> None:
        self.time.sleep(max(0.0, self.start + at - self.time.seconds()))

    def _mapping(self, queue: Queue) -> Callable[[], None]:
        """One of the workers that a mapping runs at a time: it receives only what it hands over at once."""

        def poll() -> None:
            worker = self._worker(queue)
            while not self.over:
                if received := queue.receive(self.batch):
                    try:
                        queue.delete(self._invoke(worker, received, queue))
                    except Killed:
                        worker = self._worker(queue)
                else:
                    due = queue.next_visible() - self.time.seconds()
                    self.time.sleep(min(self.idle_seconds, max(0.05, due)))

        return poll

    def _worker(self, queue: Queue) -> QueueWorker:
        """A process that has just started."""
        work = channel(
            self.ses,
            self.time,
            routing=self.routing,
            sent_log=self.records,
            pacer=pacer(self.store, self.time, self.allowance),
        )
        logger = Logger(service=f"Burst{id(self)}", level="CRITICAL", stream=io.StringIO())
        return QueueWorker(
            work=work,
            parking_lot=_ParkingLot(self),
            requeue=_Requeue(self, queue),
            to_finish=TO_FINISH,
            clock=self.time.now,
            logger=logger,
        )

    def _invoke(self, worker: QueueWorker, received: Sequence[Queued], queue: Queue) -> Sequence[Queued]:
        """Return what the worker acknowledged."""
        context = _Context(self.time, self.time.seconds() + TIMEOUT_SECONDS)
        records = [_record(one, queue) for one in received]
        failures = worker.run({"Records": records}, context)["batchItemFailures"]
        assert self.time.seconds() <= context.end, "Lambda would have ended it"
        back = {failure["itemIdentifier"] for failure in failures}
        return [one for one in received if str(one.number) not in back]


@dataclass
class _Context:
    time: VirtualTime
    end: float
    aws_request_id: str = "request"
    function_name: str = "EmailNotificationSender"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.end - self.time.seconds()) * 1000)


@dataclass(frozen=True)
class _ParkingLot:
    run: _Run

    def park(self, message: Message, code: ParkCode, reason: str) -> None:  # noqa: ARG002 - the port's
        self.run.parked[code] += 1


@dataclass(frozen=True)
class _Requeue:
    run: _Run
    queue: Queue

    def send(self, message: Message, delay: timedelta) -> None:
        assert message.queue == self.queue.name
        self.run.postponed += 1
        attributes = dict(message.attributes) | {FIRST_ENQUEUED: message.waiting_since.isoformat()}
        self.queue.send(message.body, attributes, min(900, delay.total_seconds()))


def _record(one: Queued, queue: Queue) -> dict[str, Any]:
    return {
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:111122223333:{queue.name}",
        "messageId": str(one.number),
        "body": one.body,
        "attributes": {"SentTimestamp": str(int(one.sent_at * 1000))},
        "messageAttributes": {name: {"stringValue": value} for name, value in one.attributes.items()},
    }
