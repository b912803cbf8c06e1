"""AWS events → standard events: pure decisions, one standard event per resource."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_service_event_handler.envelope import AwsEvent
from infra_events import wire
from infra_events.domain.arn import Arn, partition_of
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.outcome import Outcome, Parked, Retried, Sent, attempt, failed
from infra_events.ports import EventPublisher, Message, Publication

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
_INSTANCE_STATE_CHANGE = ("aws.ec2", "EC2 Instance State-change Notification")
_INSTANCE_ID = re.compile("i-[0-9a-f]+")
# What stopped serving deserves a look; all else about an instance is news.
_INSTANCE_SEVERITY = {"stopped": Severity.WARN, "terminated": Severity.WARN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardizer:
    """Turns a batch of AWS events into standard messages on the topic."""

    publisher: EventPublisher

    def __call__(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Answer one outcome per message: parked when it cannot be read, retried when any of its resources failed."""
        read = [attempt(publications, message) for message in messages]
        batch = [p for result in read if not isinstance(result, Parked | Retried) for p in result]
        errors = iter(self.publisher.publish(batch))
        return [
            result if isinstance(result, Parked | Retried) else _worst([next(errors) for _ in result])
            for result in read
        ]


def publications(message: Message) -> Sequence[Publication]:
    """Write the standard messages of one AWS event. Raises PermanentError when it cannot be read."""
    return [wire.write_v1(event) for event in standardize(AwsEvent.read(message))]


def standardize(event: AwsEvent) -> Sequence[ResourceEvent]:
    """Make one standard event per resource; an event that names none speaks of its account. Never empty."""
    state = next((v for k in ("state", "status") if isinstance(v := event.detail.get(k), str) and v), None)
    if (event.source, event.detail_type) == _INSTANCE_STATE_CHANGE and state:
        kind, severity = "instance.state_changed", _INSTANCE_SEVERITY.get(state, Severity.INFO)
        resources = [_instance_arn(event, r) for r in event.resources or (event.detail.get("instance-id"),) if r]
    else:
        kind, severity, state = "unmapped", Severity.INFO, state or event.detail_type
        resources = list(event.resources)
    resources = list(dict.fromkeys(resources)) or [_account(event)]
    return [
        ResourceEvent(
            id=event.id if len(resources) == 1 else f"{event.id}#{position}",
            time=event.time,
            type=f"infra.{event.source}.{kind}",
            source=event.source,
            severity=severity,
            account_id=event.account_id,
            resource=resource,
            state=state,
            drill=event.drill,
        )
        for position, resource in enumerate(resources, start=1)
    ]


def _instance_arn(event: AwsEvent, instance: object) -> str:
    """A bare instance id becomes an ARN where account and region are known; anything else stays what it is."""
    instance = str(instance)
    if not _INSTANCE_ID.fullmatch(instance) or not (event.account_id and event.region):
        return instance
    return str(
        Arn(
            partition=partition_of(event.region),
            service="ec2",
            region=event.region,
            account_id=event.account_id,
            resource=f"instance/{instance}",
        )
    )


def _account(event: AwsEvent) -> str:
    """The ARN of the event's account; the source itself where even the account is not told."""
    if not event.account_id:
        return event.source
    return f"arn:{partition_of(event.region)}:iam::{event.account_id}:root"


def _worst(errors: Sequence[Exception | None]) -> Outcome:
    """One outcome for a message of many resources: retrying repeats the same ids, parking does not lose the rest."""
    failures = [failed(error) for error in errors if error]
    return next((f for f in failures if isinstance(f, Retried)), failures[0] if failures else Sent())
