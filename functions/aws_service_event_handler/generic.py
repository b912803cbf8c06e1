"""Reading events that no catalogue entry knows: the best resource and state that any event shows by itself."""

import re
from collections.abc import Sequence

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reading import Found, Reading, error_code
from infra_events.domain.arn import Arn, partition_of

_NOT_FOR_A_TYPE = re.compile(r"[^A-Za-z0-9.]+")
_TYPE_LIMIT = 100

UNMAPPED = ".unmapped"
"""How every type ends that no catalogue entry gave."""


def read(event: AwsEvent) -> Reading:
    """Read any event."""
    failure = error_code(event)
    said = state(event)
    return Reading(
        type=f"infra.{_NOT_FOR_A_TYPE.sub('-', event.source)[:_TYPE_LIMIT]}{UNMAPPED}",
        resources=[Found(resource=resource) for resource in resources(event)],
        state=f"{said} failed: {failure}" if failure else said,
    )


def resources(event: AwsEvent) -> Sequence[str]:
    """Find what an event is about: the resources it names, else its account, else its source. Never empty."""
    return event.resources or (_account(event) or event.source,)


def state(event: AwsEvent) -> str:
    """Find the new state; the detail-type where the event says no more. Never empty."""
    return next((v for k in ("state", "status") if isinstance(v := event.detail.get(k), str) and v), event.detail_type)


def _account(event: AwsEvent) -> str:
    if not event.account_id:
        return ""
    partition = partition_of(event.region)
    return str(Arn(partition=partition, service="iam", region="", account_id=event.account_id, resource="root"))
