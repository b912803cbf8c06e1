"""Group: events of one parent that go to the same destinations with the same severity become one notification."""

import re
from collections.abc import Sequence
from dataclasses import replace

from infra_events.domain.event import ResourceEvent
from org_resource_event_notification_sender.work import Group, Work, required

_RESOURCE_INDEX = re.compile(r"#[1-9][0-9]*$")


def group(works: Sequence[Work]) -> Sequence[Work]:
    """Return each work with its group; works of one notification have equal groups."""
    return [replace(work, group=_group(work)) for work in works]


def _group(work: Work) -> Group:
    event, decision = required(work.event), required(work.decision)
    return Group(
        parent_id=_parent_id(event),
        type=event.type,
        state=event.state,
        drill=event.drill,
        owner=decision.owner,
        destinations=tuple(decision.destinations),
        severity=decision.severity,
        content_digest=event.content_digest,
    )


def _parent_id(event: ResourceEvent) -> str:
    """Return the id that events of several resources share; version 1 carries it in its own id: ``<parent>#<n>``."""
    return event.parent_id or _RESOURCE_INDEX.sub("", event.id)
