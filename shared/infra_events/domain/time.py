"""Times as text: RFC 3339, read into aware times and written in UTC.

https://www.rfc-editor.org/rfc/rfc3339#section-5.6
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from infra_events.domain.errors import ParkCode, PermanentError

_DATE_OR_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
"""A date or a time as people write it. Python accepts more: weeks, and 20260131 as the beginning of that day."""


def parse_time(text: str, name: str) -> datetime:
    """Return the time that a machine wrote, in UTC; without an offset it is UTC, as AWS writes times.

    Raises PermanentError ``bad_value``, which names the field ``name``.
    """
    try:
        return _aware(text, UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PermanentError(
            ParkCode.BAD_VALUE, f"{name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z"
        ) from error


def format_time(moment: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with ``Z``; fractions of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def expiry(text: str, zone: tzinfo) -> datetime:
    """Return when something ends that a person dated: at a time (in ``zone`` without an offset), or with a day there.

    The result is not in ``zone``: of two times in one zone Python compares the clocks on the wall, which go back in
    autumn. Raises ValueError or OverflowError.
    """
    return _dated(text, zone, days=1)


def beginning(text: str, zone: tzinfo) -> datetime:
    """Return when something begins that a person dated, as ``expiry`` does: a day begins at midnight there."""
    return _dated(text, zone, days=0)


def days_ahead(until: datetime, at: datetime, zone: tzinfo) -> timedelta:
    """Return how far ahead of ``at`` a time lies: by days of 24 hours or by the calendar in ``zone``, which is less.

    A week in which summer time ends has an hour more than seven times 24.
    """
    absolute = until - at
    try:
        return min(absolute, until.astimezone(zone).replace(tzinfo=None) - at.astimezone(zone).replace(tzinfo=None))
    except OverflowError:  # at the edge of the calendar, where the zone has no such time
        return absolute


def _dated(text: str, zone: tzinfo, *, days: int) -> datetime:
    """Return a time, or the midnight ``days`` after the beginning of a date, in UTC or with the offset of the text."""
    if not _DATE_OR_TIME.fullmatch(text):
        raise ValueError
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), zone).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)


def _aware(text: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
