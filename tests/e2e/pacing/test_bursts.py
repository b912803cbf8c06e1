"""Bursts against the limits of SES, scaled down: slow, never lost, and twice only where a worker is killed.

The same in full: tests/support/burst.py; in virtual time: tests/integration/test_bursts.py.
"""

from collections.abc import Iterator

import pytest

from scripts.local import stack as local_stack
from tests.support.burst import SCENARIOS, Burst, Result
from tests.support.pipeline import Pipeline

TOLERANCE = 0.2
BUSY_SECONDS = 15
"""What a busy machine may add, of which new processes are the most."""

HURRY = 450
"""What waits for ten minutes, while nothing is sent anyway, waits for a second or two."""


@pytest.fixture(scope="module")
def burst() -> Iterator[Burst]:
    with local_stack.deployed() as deployment:
        yield Burst(pipeline=Pipeline(deployment))


def _all_sent_once(result: Result) -> None:
    assert (result.sent, result.lost, result.twice, result.dead) == (result.wanted, 0, 0, 0)


@pytest.mark.parametrize(("name", "scale"), [("burst", 0.02), ("three addresses", 0.007), ("sandbox", 0.015)])
def test_a_burst_takes_as_long_as_the_rate_allows(burst: Burst, name: str, scale: float) -> None:
    scenario = SCENARIOS[name].scaled(scale, hurry=HURRY)

    result = burst.play(scenario)

    _all_sent_once(result)
    least, most = ((1 + sign * TOLERANCE) * scenario.ideal_seconds for sign in (-1, 1))
    assert least < result.last - result.first < most + BUSY_SECONDS


def test_fatal_goes_ahead_of_what_waits_and_ordinary_mails_behind_it_arrive(burst: Burst) -> None:
    scenario = SCENARIOS["ordinary behind"].scaled(0.06, fatal=3, hurry=HURRY)
    burst.play(SCENARIOS["burst"].scaled(0.001, fatal=1))  # from here on the urgent queue's worker runs

    result = burst.play(scenario)

    _all_sent_once(result)
    assert result.after_fatal > scenario.mails / 4


def test_the_last_tenth_of_a_quota_is_kept_for_fatal_and_the_rest_goes_out_the_next_day(burst: Burst) -> None:
    scenario = SCENARIOS["quota"].scaled(0.05, hurry=HURRY, next_day=3)

    result = burst.play(scenario)

    _all_sent_once(result)
    assert result.first_day == int(scenario.environment["SENDS_PER_DAY"]) + scenario.fatal
    assert result.refused == 0


def test_a_quota_that_others_use_up_closes_the_channel_until_the_next_day(burst: Burst) -> None:
    scenario = SCENARIOS["quota used by others"].scaled(0.05, hurry=HURRY, next_day=3)

    result = burst.play(scenario)

    _all_sent_once(result)
    assert scenario.quota
    assert result.first_day == scenario.quota - scenario.used_by_others
    assert 0 < result.refused < scenario.mails / 2, "what is closed is tried now and then"


def test_what_waits_while_sending_is_paused_goes_out_when_it_is_resumed(burst: Burst) -> None:
    scenario = SCENARIOS["paused"].scaled(0.05, hurry=HURRY, resumed=3)

    result = burst.play(scenario)

    _all_sent_once(result)
    assert 0 < result.refused < scenario.mails / 2


def test_of_what_killed_workers_had_in_hand_nothing_is_lost(burst: Burst) -> None:
    scenario = SCENARIOS["killed"].scaled(0.08, hurry=HURRY, timeout=15, visibility=16)

    result = burst.play(scenario)

    assert result.killed >= 5
    assert (result.sent, result.lost, result.dead) == (result.wanted, 0, 0)
    assert result.twice <= result.killed, "one for each, between SES's answer and the sent record"
