"""One standard message on its way through the stages."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.outcome import Note, Outcome
from infra_events.ports import Message, Publication
from infra_events.routing.decision import Decision

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What events must have in common for one notification to report them: what happened, and who receives it.

    Of two events that bear the same idempotency key but differ, neither is taken for the other: ``content_digest``.
    """

    parent_id: str
    type: str
    state: str
    drill: bool
    owner: str
    destinations: tuple[str, ...]
    severity: Severity
    content_digest: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """A notification to one destination, written and not yet published. Compared by identity: it is published once."""

    publication: Publication
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A message, the time (aware) as of which it is decided on, and what the stages have found out so far.

    ``notes`` become those of the outcome. Works that one notification reports share its ``group`` and its ``drafts``,
    one for each destination.
    """

    message: Message
    at: datetime
    event: ResourceEvent | None = None
    decision: Decision | None = None
    group: Group | None = None
    drafts: tuple[Draft, ...] | None = None
    notes: tuple[Note, ...] = ()
    outcome: Outcome | None = None


def required(value: T | None) -> T:
    """Return what an earlier stage has set. Raises LookupError where no stage has: their order in core.py is wrong."""
    if value is None:
        raise LookupError("a stage needs what an earlier one should have set")
    return value
