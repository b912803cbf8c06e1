"""Slots: who sends when, and what happens where a provider takes nothing now."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_events.delivery.pace import CHUNK_SECONDS, CLOSED_SECONDS, Allowance, PacedBatch, Request, reserve
from infra_events.domain.errors import Limit, NotNowError, ParkCode, PermanentError, TransientError
from infra_events.ports import PaceRow
from tests.support.channels import pacer
from tests.support.fakes import FakePaceStore
from tests.support.virtual_time import VirtualTime

NOW = VirtualTime().seconds()
TWO = Allowance(per_second=2)
DAY = 24 * 3600


def request(wanted: int = 1, *, seconds: float = 45, urgent: bool = False) -> Request:
    return Request(wanted=wanted, now=NOW, latest=NOW + seconds, urgent=urgent)


@pytest.mark.parametrize(
    ("free_in", "wanted", "seconds", "granted"),
    [
        (-60, 1, 45, (0, 1)),
        (-60, 4, 45, (0, 4)),
        (-60, 100, 45, (0, 10)),  # five seconds' worth
        (3, 4, 45, (3, 4)),
        (40, 100, 45, (40, 10)),
        (43, 100, 45, (43, 4)),  # what there is time for
        (45, 100, 45, (45, 1)),
    ],
)
def test_slots_follow_each_other_and_none_is_too_late(
    free_in: float, wanted: int, seconds: float, granted: tuple[float, int]
) -> None:
    grant = reserve(PaceRow(free_at=NOW + free_in), request(wanted, seconds=seconds), TWO)
    assert (grant.start - NOW, grant.count) == granted
    assert grant.row.free_at == grant.start + grant.count / 2


def test_where_the_next_slot_is_too_late_it_is_named() -> None:
    with pytest.raises(NotNowError, match="others are sent before it") as later:
        reserve(PaceRow(free_at=NOW + 46), request(), TWO)
    assert (later.value.limit, later.value.wait) == (Limit.RATE, timedelta(seconds=46))


@given(
    wishes=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 50)), min_size=1, max_size=40),
    rate=st.floats(0.5, 200),
)
def test_slots_are_never_closer_than_the_rate(wishes: list[tuple[float, int]], rate: float) -> None:
    allowance, row, now, slots = Allowance(per_second=rate), PaceRow(), NOW, []
    for pause, wanted in wishes:
        now += pause
        try:
            grant = reserve(row, Request(wanted=wanted, now=now, latest=now + 45, urgent=False), allowance)
        except NotNowError:
            continue
        row = grant.row
        slots += [grant.start + number / rate for number in range(grant.count)]
        assert grant.count <= max(1, CHUNK_SECONDS * rate)
        assert now <= grant.start <= now + 45
    assert all(later - earlier >= 0.999 / rate for earlier, later in pairwise(slots))


def test_a_row_from_a_wrong_clock_stops_nobody() -> None:
    year = 365 * DAY
    row = PaceRow(version=1, free_at=NOW + year, day_ends=NOW + year, day_count=3)
    grant = reserve(row, request(2), TWO)
    assert (grant.start, grant.count) == (NOW, 2)
    assert grant.row.day_ends == NOW + DAY
    probe = reserve(PaceRow(closed_until=NOW + year), request(2), TWO)
    assert (probe.count, probe.row.closed_until) == (1, NOW + CLOSED_SECONDS)
    new_day = reserve(PaceRow(day_ends=NOW + year, day_count=10), request(2), QUOTA)
    assert (new_day.row.day_ends, new_day.row.day_count) == (NOW + DAY, 2)


def test_a_slot_of_a_slow_rate_is_as_long_as_it_takes() -> None:
    slow = Allowance(per_second=0.001)
    first = reserve(PaceRow(), request(), slow)
    with pytest.raises(NotNowError) as later:
        reserve(first.row, request(), slow)
    assert later.value.wait == timedelta(seconds=1000)


QUOTA = Allowance(per_second=2, per_day=10)


def test_of_a_quota_the_rest_is_kept_for_what_is_urgent() -> None:
    row = PaceRow(day_ends=NOW + 100, day_count=8)
    grant = reserve(row, request(5), QUOTA)
    assert (grant.count, grant.row.day_count) == (2, 10)
    with pytest.raises(NotNowError, match="kept for what is urgent") as later:
        reserve(grant.row, request(), QUOTA)
    assert (later.value.limit, later.value.wait) == (Limit.CLOSED, timedelta(seconds=100))
    assert reserve(grant.row, request(3, urgent=True), QUOTA).row.day_count == 13


def test_a_new_day_has_a_new_quota() -> None:
    grant = reserve(PaceRow(day_ends=NOW, day_count=10), request(3), QUOTA)
    assert (grant.row.day_count, grant.row.day_ends) == (3, NOW + DAY)


CLOSED = PaceRow(version=3, closed_until=NOW + 60, closed_reason="paused")


def test_a_closed_row_gives_slots_to_nothing_but_what_is_urgent() -> None:
    with pytest.raises(NotNowError, match="paused") as later:
        reserve(CLOSED, request(), TWO)
    assert (later.value.limit, later.value.wait) == (Limit.CLOSED, timedelta(seconds=60))
    assert reserve(CLOSED, request(2, urgent=True), TWO).count == 2


def test_when_it_is_over_one_worker_tries_with_one_message() -> None:
    over = replace(CLOSED, closed_until=NOW)
    probe = reserve(over, request(9), TWO)
    assert (probe.count, probe.row.closed_until) == (1, NOW + CLOSED_SECONDS)
    with pytest.raises(NotNowError, match="paused"):
        reserve(probe.row, request(), TWO)


class Provider:
    """A provider that gives these answers, one after the other, and then takes everything; and one worker's batch."""

    def __init__(self, *answers: Exception, store: FakePaceStore | None = None, seconds: float = 45) -> None:
        self.time = VirtualTime()
        self.store = store or FakePaceStore()
        self.sent_at: list[float] = []
        self.calls = 0
        self._answers = list(answers)
        self.pacer = pacer(self.store, self.time, TWO)
        self._end = NOW + seconds
        self.batch = self.new_batch()

    def new_batch(self) -> PacedBatch:
        return PacedBatch(pacer=self.pacer, time_left=lambda: self.time.left_until(self._end))

    def deliver(self, wanted: int = 1, *, urgent: bool = False) -> str:
        self.batch.admit(wanted, urgent=urgent)
        return self.batch.run(self._send)

    def _send(self) -> str:
        self.calls += 1
        if self._answers:
            raise self._answers.pop(0)
        self.sent_at.append(self.time.seconds() - NOW)
        return "sent"


def rate(wait: timedelta | None = None) -> NotNowError:
    return NotNowError(Limit.RATE, "rate", wait)


def closed(reason: str = "quota") -> NotNowError:
    return NotNowError(Limit.CLOSED, reason)


def test_a_batch_is_sent_at_the_rate_with_one_reservation() -> None:
    provider = Provider()
    for left in (4, 3, 2, 1):
        provider.deliver(left)
    assert provider.sent_at == [0, 0.5, 1, 1.5]
    assert (provider.store.swaps, provider.store.reads) == (1, 0)


def test_two_workers_share_the_rate() -> None:
    store = FakePaceStore()
    one, other = Provider(store=store), Provider(store=store)
    for left in (3, 2, 1):
        one.deliver(left)
        other.deliver(left)
    assert sorted(one.sent_at + other.sent_at) == [0, 0.5, 1, 1.5, 2, 2.5]


def test_a_lost_race_is_run_again_on_what_the_winner_wrote() -> None:
    store = FakePaceStore()
    wins = iter([PaceRow(version=7, free_at=NOW + 3), PaceRow(version=8, free_at=NOW + 4)])

    def another_is_faster() -> None:
        store.row = next(wins, store.row)

    store.before_swap = another_is_faster
    provider = Provider(store=store)
    provider.deliver()
    assert provider.sent_at == [4]
    assert (store.row.version, store.reads) == (9, 0)


def test_a_race_that_is_always_lost_ends() -> None:
    store = FakePaceStore()
    versions = iter(range(100, 1000))

    def another_is_faster() -> None:
        store.row = PaceRow(version=next(versions))

    store.before_swap = another_is_faster
    with pytest.raises(TransientError, match="changes all the time"):
        Provider(store=store).deliver()


@pytest.mark.parametrize("lost", [0, 20])
def test_a_reservation_that_outlasts_the_time_begins_no_send(lost: int) -> None:
    store, versions = FakePaceStore(), iter(range(100, 100 + lost))
    provider = Provider(store=store)

    def slow() -> None:
        provider.time.sleep(3)
        if version := next(versions, None):
            store.row = PaceRow(version=version)

    store.before_swap = slow
    provider.time.sleep(44)
    with pytest.raises(NotNowError, match="nearly up"):
        provider.deliver()
    assert (provider.calls, provider.time.seconds() - NOW) == (0, 47)


def test_what_a_worker_remembers_refuses_nothing_that_the_row_allows_by_now() -> None:
    provider = Provider(closed())
    with pytest.raises(NotNowError):
        provider.deliver()
    provider.store.row = replace(provider.store.row, closed_until=0, version=9)
    provider.batch = provider.new_batch()
    assert provider.deliver() == "sent"


def test_while_others_use_the_rate_it_tries_every_second() -> None:
    provider = Provider(rate(), rate(), rate())
    assert provider.deliver() == "sent"
    assert provider.sent_at == [3]


def test_what_outlasts_the_time_comes_later() -> None:
    provider = Provider(*[rate()] * 99, seconds=10)
    with pytest.raises(NotNowError, match="rate"):
        provider.deliver()
    assert (provider.calls, provider.time.seconds() - NOW) == (10, 9)


@pytest.mark.parametrize(("asked", "sent_at"), [(7, [7]), (50, [])])
def test_what_a_provider_asks_for_is_waited_for_if_there_is_time(asked: int, sent_at: list[float]) -> None:
    provider = Provider(rate(timedelta(seconds=asked)))
    try:
        provider.deliver()
    except NotNowError as later:
        assert later.wait == timedelta(seconds=asked)  # noqa: PT017 - one of the two cases
    assert provider.sent_at == sent_at


def test_a_provider_that_takes_nothing_is_asked_once_and_closed_for_all() -> None:
    provider = Provider(closed("quota"))
    for left in (3, 2, 1):
        with pytest.raises(NotNowError, match="quota"):
            provider.deliver(left)
    assert provider.calls == 1
    assert (provider.store.row.closed_until, provider.store.row.closed_reason) == (NOW + CLOSED_SECONDS, "quota")


def test_what_is_urgent_is_tried_all_the_same_and_opens_the_row_where_it_is_sent() -> None:
    provider = Provider(closed())
    with pytest.raises(NotNowError):
        provider.deliver()
    assert provider.deliver(urgent=True) == "sent"
    assert (provider.store.row.closed_until, provider.store.row.closed_reason) == (0, "")


def test_what_is_urgent_and_refused_does_not_put_off_the_probe() -> None:
    provider = Provider(closed(), closed())
    with pytest.raises(NotNowError):
        provider.deliver()
    until = provider.store.row.closed_until
    provider.time.sleep(20)
    with pytest.raises(NotNowError):
        provider.deliver(urgent=True)
    assert provider.store.row.closed_until == until


@pytest.mark.parametrize("fares", ["well", "badly"])
def test_the_probe_decides_for_all(fares: str) -> None:
    store = FakePaceStore(replace(CLOSED, closed_until=NOW - 1))
    probe, other = Provider(*([closed()] if fares == "badly" else []), store=store), Provider(store=store)
    probe.batch.admit(9, urgent=False)
    with pytest.raises(NotNowError):
        other.deliver()
    if fares == "badly":
        with pytest.raises(NotNowError):
            probe.deliver()
        assert store.row.closed_until > NOW
    else:
        assert probe.deliver() == "sent"
        other.batch = other.new_batch()
        assert other.deliver() == "sent"


def test_a_provider_that_refuses_only_this_message_is_open_for_others() -> None:
    store = FakePaceStore(replace(CLOSED, closed_until=NOW - 1))
    provider = Provider(PermanentError(ParkCode.REFUSED, "this address"), store=store)
    with pytest.raises(PermanentError):
        provider.deliver()
    assert provider.deliver() == "sent"


def test_that_the_row_cannot_be_opened_is_no_reason_to_send_again() -> None:
    provider = Provider(store=FakePaceStore(CLOSED))

    def unreachable() -> None:
        raise ConnectionError

    provider.batch.admit(1, urgent=True)
    provider.store.before_swap = unreachable
    assert provider.batch.run(lambda: "sent") == "sent"


def test_another_error_is_raised_as_it_is_and_stops_nobody() -> None:
    errors: list[Any] = [ValueError("broken"), NotNowError(Limit.OUTAGE, "503")]
    provider = Provider(*errors)
    with pytest.raises(ValueError, match="broken"):
        provider.deliver(3)
    with pytest.raises(NotNowError, match="503"):
        provider.deliver(2)
    assert provider.deliver() == "sent"
    assert provider.store.swaps == 1
