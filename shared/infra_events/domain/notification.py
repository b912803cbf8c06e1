"""The notification: an event in words, for people."""

from dataclasses import dataclass
from datetime import datetime

from infra_events.domain.event import Severity

SUBJECT_LIMIT = 200
HEARTBEAT = "infra.infra-events.heartbeat.beat.sent"
"""Type of the event whose way through the system is measured (catalogue/heartbeat.yaml)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReference:
    """The event that a notification speaks of; ``subject`` is its resource."""

    id: str
    type: str
    subject: str
    time: datetime
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a channel delivers. ``id`` is the idempotency key; ``recipients`` name destinations, never addresses.

    Without ``html`` a channel sends the text alone; without recipients it goes to the fallback. ``event`` is absent
    where the notification comes from a process that has none to name.
    """

    id: str
    subject: str
    text: str
    html: str | None = None
    severity: Severity = Severity.INFO
    owner: str | None = None
    recipients: tuple[str, ...] = ()
    reason: str = ""
    event: EventReference | None = None
