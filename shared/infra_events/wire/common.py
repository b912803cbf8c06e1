"""What both versions of the standard message share: the attributes beside them, severity names, the mark of a drill."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.text import one_line
from infra_events.domain.time import format_time

DRILL_PREFIX = "drill."
_ATTRIBUTE_LIMIT = 256


def split_drill(source: str) -> tuple[str, bool]:
    """``drill.aws.ec2`` → ``aws.ec2``, True: a drill is a real event with a mark on its source."""
    return source.removeprefix(DRILL_PREFIX), source.startswith(DRILL_PREFIX)


def attributes(event: ResourceEvent, schema_version: str) -> Mapping[str, str]:
    """What every standard topic can be filtered by. At most 9: SQS drops raw messages with more than 10."""
    attributes = {
        "id": event.id,
        "time": format_time(event.time),
        "type": event.type,
        "severity": event.severity.name,
        "service": event.service,
        "account_id": event.account_id,
        "schema_version": schema_version,
        "owner": event.owner,
        "drill": "true" if event.drill else "",
    }
    return {name: text for name, value in attributes.items() if (text := attribute(value))}


def attribute(value: str) -> str:
    """Make a value fit for a message attribute."""
    return one_line(value, _ATTRIBUTE_LIMIT)


def digest(value: Any) -> str:
    """Return the SHA-256 (hex) of a value's canonical JSON."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode(errors="backslashreplace")).hexdigest()


def severity(name: str | None, field: str) -> Severity:
    """Read a severity; an absent one is INFO; an unknown one is refused, for a filter somewhere relies on it."""
    try:
        return Severity[name.upper()] if name else Severity.INFO
    except KeyError as error:
        raise PermanentError(ParkCode.BAD_VALUE, f"{field} must be one of {', '.join(Severity.__members__)}") from error
