"""Bursts in virtual time, at full scale: slow, never lost, and twice only where a worker is killed in mid-mail.

The seconds that a burst takes are those of the rate: mails / (0.9 rate).
"""

import pytest

from infra_events.domain.errors import ParkCode
from tests.support.burst_model import Burst, Result

TOLERANCE = 0.2


def whole(result: Result, *, twice: int = 0, receives: int = 1) -> None:
    """All is sent, nothing is in a DLQ, and nothing was received more often than it had to be."""
    assert (result.sent, result.twice) == (result.mails, twice)
    assert (result.in_dlq, result.parked.total()) == (0, 0)
    assert result.most_receives == receives


@pytest.mark.parametrize(
    ("burst", "fatal_within"),
    [
        (Burst(mails=5000, rate=14, fatal=20), 18),
        (Burst(mails=5000, rate=14, addresses=3, fatal=20), 18),
        (Burst(mails=500, rate=1, fatal=5), 18),
        (Burst(mails=8000, rate=200, fatal=20), 18),
    ],
    ids=lambda value: f"{value.mails}x{value.addresses}@{value.rate}" if isinstance(value, Burst) else "",
)
def test_a_burst_takes_as_long_as_the_rate_allows_and_fatal_goes_ahead(burst: Burst, fatal_within: float) -> None:
    result = burst.run()
    whole(result)
    assert result.last == pytest.approx(result.mails / (0.9 * burst.rate), rel=TOLERANCE)
    assert result.longest_fatal_wait <= fatal_within
    assert not result.refusals


def test_while_somebody_else_uses_half_of_the_rate_it_is_slower_and_nothing_is_lost() -> None:
    result = Burst(mails=5000, rate=14, others=7, fatal=20).run()
    whole(result)
    assert result.last == pytest.approx(result.mails / 7, rel=TOLERANCE)


def test_ordinary_mails_behind_a_burst_wait_for_it_and_arrive() -> None:
    result = Burst(mails=5000, rate=14, ordinary=200).run()
    whole(result)
    assert result.ordinary_wait < result.last


def test_what_a_quota_does_not_hold_goes_out_the_next_day_and_fatal_at_once() -> None:
    result = Burst(mails=90, rate=14, quota=60, quota_known=60, fatal=5, fatal_at=600, new_day_at=86_400).run()
    whole(result)
    assert not result.refusals, "the last tenth is kept for FATAL"
    assert result.longest_fatal_wait < 5
    assert 86_400 < result.last < 86_400 + 1800


def test_a_quota_that_nobody_knew_of_closes_the_row_and_is_probed_every_ten_minutes() -> None:
    result = Burst(mails=100, rate=14, quota=50, arrive=1, new_day_at=7200).run()
    whole(result)
    assert 7200 < result.last < 7200 + 600 + 120
    assert result.refusals["quota"] <= 2 + 7200 / 600


def test_what_waits_while_ses_is_paused_goes_out_when_it_resumes() -> None:
    result = Burst(mails=1000, rate=14, pause=(20, 1800), fatal=5).run()
    whole(result)
    assert 1800 < result.last < 1800 + 600 + 120
    assert result.postponed > 0


def test_what_waits_for_three_days_is_parked() -> None:
    result = Burst(mails=3, rate=14, pause=(0, 10 * 86_400)).run()
    assert (result.sent, result.in_dlq, result.parked) == (0, 0, {ParkCode.WAITED_TOO_LONG: 3})


def test_of_five_workers_killed_between_send_and_record_five_mails_are_repeated_and_none_is_lost() -> None:
    whole(Burst(mails=1000, rate=14, kills=(50, 150, 300, 500, 700)).run(), twice=5, receives=2)
