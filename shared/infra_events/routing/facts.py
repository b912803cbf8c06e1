"""What the conditions of a routing file compare: the facts of an event, a text for each key."""

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent

TAG = "tag."
"""Stands before the key of a tag; tag keys are compared without case."""

FIELDS = (
    "type",
    "service",
    "source",
    "account_id",
    "region",
    "resource",
    "resource_type",
    "resource_id",
    "from",
    "to",
    "phase",
    "transitional",
    "status",
    "actor",
    "drill",
)
"""Facts that the event itself states; a rule on these alone needs no tags."""

FROM_TAGS = (TAG, "name", "owner", "severity")
"""Facts (or beginnings of their keys) that are known only once tags are: severity rules may match tags."""


def facts_of(event: ResourceEvent) -> dict[str, str]:
    """Return the facts that the event itself states (``FIELDS``, and its own severity); empty ones are absent."""
    arn = Arn.parse(event.resource)
    facts = {
        "type": event.type,
        "service": event.service,
        "source": event.source,
        "account_id": event.account_id,
        "region": event.region or (arn.region if arn else ""),
        "resource": event.resource,
        "resource_type": f"{arn.service}:{arn.resource_type}".rstrip(":") if arn else "",
        "resource_id": arn.resource_id if arn else event.resource,
        "from": event.previous_state,
        "to": event.state,
        "phase": event.phase or "",
        "transitional": "true" if event.transitional else "false",
        "status": event.status,
        "actor": event.actor,
        "drill": "true" if event.drill else "false",
        # Rules and tags may change it later; severity rules match the event's own.
        "severity": event.severity.name,
    }
    return {key: fact for key, fact in facts.items() if fact}
