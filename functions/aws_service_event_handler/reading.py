"""What is read out of an event, by its catalogue entry or by the generic reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infra_events.domain.event import Phase, Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedResource:
    """A resource that an event names: its ARN, or its id where that is unknown, with a summary and a console link."""

    resource: str
    summary: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The facts of an event, the same for all its resources; neither ``resources`` nor ``state`` is ever empty.

    ``parents`` are the ARNs of what the resources belong to, nearest first.
    """

    type: str
    resources: Sequence[NamedResource]
    state: str
    severity: Severity = Severity.INFO
    status: Status = Status.EVENT
    previous_state: str = ""
    phase: Phase | None = None
    transitional: bool = False
    reason: str = ""
    actor: str = ""
    origin: str = ""
    parents: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
