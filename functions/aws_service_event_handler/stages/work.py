"""What the stages pass on."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Outcome
from infra_events.ports import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWork:
    """One message on its way, and the standard events made of it: one for each resource, once it has been read."""

    message: Message
    events: Sequence[ResourceEvent] = ()
    outcome: Outcome | None = None
