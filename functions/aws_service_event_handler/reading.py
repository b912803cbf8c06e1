"""What is read out of an event, whoever read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_service_event_handler.envelope import AwsEvent
from infra_events.domain.event import Phase, Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A resource that an event names: its ARN, or its id where no ARN can be known, and what to say of it."""

    resource: str
    summary: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read out of an event; neither ``resources`` nor ``state`` is ever empty."""

    type: str
    resources: Sequence[Found]
    state: str
    severity: Severity = Severity.INFO
    status: Status = Status.EVENT
    previous_state: str = ""
    phase: Phase | None = None
    transitional: bool = False
    reason: str = ""
    actor: str = ""
    origin: str = ""


def error_code(event: AwsEvent) -> str:
    """Tell with which error the call failed that a CloudTrail record describes: then it changed nothing."""
    code = event.detail.get("errorCode")
    return code if isinstance(code, str) and "eventName" in event.detail else ""
