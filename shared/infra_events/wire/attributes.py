"""The message attributes beside a standard message, by which subscriptions can filter it."""

from collections.abc import Mapping

from infra_events.domain.event import ResourceEvent
from infra_events.domain.text import one_line
from infra_events.domain.time import format_time

_ATTRIBUTE_LIMIT = 256


def standard_attributes(event: ResourceEvent, schema_version: str) -> Mapping[str, str]:
    """Return the attributes of a standard message; empty ones are left out.

    There are at most 9: SQS drops messages of raw subscriptions that have more than 10.
    """
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
    return {name: text for name, value in attributes.items() if (text := attribute_value(value))}


def attribute_value(value: str) -> str:
    """Return ``value`` as one line that fits into an attribute."""
    return one_line(value, _ATTRIBUTE_LIMIT)
