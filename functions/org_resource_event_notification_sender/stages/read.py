"""Read: a queued message becomes an event."""

from collections.abc import Sequence
from dataclasses import replace

from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import attempt
from infra_events.wire import standard
from org_resource_event_notification_sender.work import Work


def read(works: Sequence[Work]) -> Sequence[Work]:
    """Return each work with its event, of either message version; a malformed message is parked."""
    return [_read(work) for work in works]


def _read(work: Work) -> Work:
    result = attempt(standard.read, work.message)
    return replace(work, event=result) if isinstance(result, ResourceEvent) else replace(work, outcome=result)
