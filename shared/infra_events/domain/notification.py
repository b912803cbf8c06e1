"""The notification: content for people, on its way to destinations."""

from dataclasses import dataclass
from datetime import datetime

from infra_events.domain.event import Severity

SUBJECT_LIMIT = 200
HEARTBEAT = "infra.infra-events.heartbeat.beat.sent"
"""The type of the heartbeat, a scheduled drill whose latency is measured (catalogue/heartbeat.yaml)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReference:
    """The event that a notification is about; ``subject`` is its resource."""

    id: str
    type: str
    subject: str
    time: datetime
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a channel delivers. ``id`` is the idempotency key; ``recipients`` are names of destinations, not addresses.

    Without ``html`` a channel sends the text alone; without recipients the notification goes to the fallback. A process
    that notifies people of something else than an event leaves ``event`` out. ``content_digest`` distinguishes
    notifications of one ``id``: equal whichever release, routing or template wrote it, and empty where not known.
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
    content_digest: str = ""
