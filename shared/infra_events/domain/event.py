"""The standard event: one state change of one resource."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from infra_events.domain.arn import Arn
from infra_events.domain.parent import Parent, can_have_tags
from infra_events.domain.tags import Tags


class Severity(IntEnum):
    """OpenTelemetry's SeverityNumber; the name is its SeverityText.

    https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    """

    DEBUG = 5
    INFO = 9
    WARN = 13
    ERROR = 17
    FATAL = 21


class Phase(StrEnum):
    """The phase of its life in which a resource is after the change."""

    PROVISIONING = "provisioning"
    STABLE = "stable"
    DEPROVISIONING = "deprovisioning"
    FAILED = "failed"


class Status(StrEnum):
    """Whether an event begins, continues or ends a condition (an alarm, an incident), or has none."""

    EVENT = "event"
    OPEN = "open"
    UPDATE = "update"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEvent:
    """One state change of one resource, of any origin.

    ``id`` is stable: the same source event has the same id each time it is read; ``parent_id`` is shared by the events
    of all resources of one source event. ``source`` is the source class (``aws.ec2``), ``origin`` the CloudEvents
    source if the producer gave one. ``resource`` is an ARN, or the service's id where the ARN is unknown. ``time``
    (aware) is when the event occurred, ``recorded_time`` when the queue accepted it. ``raw`` is the detail of the
    source event; it is empty, and ``truncated`` true, where it was left out. ``name`` and ``owner`` follow from the
    resource's ``tags`` by the routing in force (routing/model.py), the owner also from those of its ``parents``, which
    come nearest first; ``tags_from`` is the parent whose tags name the owner, empty where the resource's do.
    ``labels`` are what rules may compare of such events alone, as a finding's product. ``content_digest`` distinguishes
    events that bear the same idempotency key; other events have none (wire/custom_event.py). Version 1 carries the
    first eight fields, ``drill`` and ``owner``; all others have their default then.
    """

    id: str
    time: datetime
    type: str
    source: str
    severity: Severity
    account_id: str
    resource: str
    state: str
    drill: bool = False
    parent_id: str = ""
    origin: str = ""
    recorded_time: datetime | None = None
    region: str = ""
    status: Status = Status.EVENT
    dedup_key: str = ""
    previous_state: str = ""
    phase: Phase | None = None
    transitional: bool = False
    reason: str = ""
    actor: str = ""
    summary: str = ""
    link: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    truncated: bool = False
    tags: Tags = field(default_factory=Tags)
    name: str = ""
    owner: str = ""
    parents: tuple[Parent, ...] = ()
    tags_from: str = ""
    content_digest: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """``ec2`` of ``aws.ec2``."""
        return self.source.rpartition(".")[2]

    @property
    def unread_tags(self) -> str:
        """Why the resource's tags could not be read; empty where they could, and for a run, which can have none."""
        arn = Arn.parse(self.resource) if self.tags.unavailable else None
        return "" if arn and not can_have_tags(arn) else self.tags.unavailable

    def sources_of_tags(self) -> Iterator[tuple[Tags, Parent | None]]:
        """Yield the resource's tags, then those of each parent, with the parent: where one is silent, the next."""
        yield self.tags, None
        for parent in self.parents:
            yield parent.tags, parent
