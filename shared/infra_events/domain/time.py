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

    Raises ValueError or OverflowError.
    """
    if not _DATE_OR_TIME.fullmatch(text):
        raise ValueError
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone)
    return _aware(text, zone)


def _aware(text: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
