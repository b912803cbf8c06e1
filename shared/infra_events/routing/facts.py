"""What the conditions of a routing file compare: the facts of an event, a text for each key."""

from dataclasses import dataclass

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as accounts.yaml describes it: all may be empty; ``default_owner`` owns what nobody else does."""

    name: str = ""
    environment: str = ""
    default_owner: str = ""


TAG = "tag."
"""Stands before the key of a tag; tag keys are compared without case."""

LABEL = "labels."
"""Stands before the key of a label."""

FIELDS = (
    "type",
    "service",
    "source",
    "account_id",
    "account",
    "environment",
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
"""Facts that the event itself states, or its account; a rule on these and on labels needs no tags."""

FROM_TAGS = (TAG, "name", "owner", "severity")
"""Facts (or beginnings of their keys) that are known only once tags are: severity rules may match tags."""


def facts_of(event: ResourceEvent, account: Account) -> dict[str, str]:
    """Return the facts that the event itself states (``FIELDS``, labels, its own severity); empty ones are absent."""
    arn = Arn.parse(event.resource)
    facts = {
        "type": event.type,
        "service": event.service,
        "source": event.source,
        "account_id": event.account_id,
        "account": account.name,
        "environment": account.environment,
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
        **{LABEL + key: label for key, label in event.labels.items()},
    }
    return {key: fact for key, fact in facts.items() if fact}
