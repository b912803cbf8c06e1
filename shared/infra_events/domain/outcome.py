"""What became of a message. N messages in, N outcomes out: nothing else happens to an event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ParamSpec, TypeVar

from infra_events.domain.errors import ParkCode, PermanentError

P = ParamSpec("P")
T = TypeVar("T")


class NoteCode(StrEnum):
    """Something worth telling about a message that was sent all the same (docs/runbook.md explains each)."""

    TAGS_UNAVAILABLE = "tags_unavailable"
    ROUTING_FAILED = "routing_failed"
    TEMPLATE_FAILED = "template_failed"
    FALLBACK_USED = "fallback_used"
    ALREADY_SENT = "already_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A mark on a message that was sent: what was missing or done instead, and why."""

    code: NoteCode
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The next one in line has accepted it. Of a heartbeat that has come out, ``heartbeat`` is when it went in."""

    notes: tuple[Note, ...] = ()
    heartbeat: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Somebody asked for silence: people are not told, machines already have been."""

    event_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """It goes to the DLQ with its reason, and is acknowledged once it is there."""

    code: ParkCode
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """It stays in its queue and is delivered again; after ``maxReceiveCount`` SQS moves it to the DLQ."""

    reason: str


Failure = Parked | Retried
Outcome = Sent | Suppressed | Failure


def failed(error: Exception) -> Failure:
    """Sort an error into its family; an unknown one is transient."""
    if isinstance(error, PermanentError):
        return Parked(code=error.code, reason=error.reason)
    return Retried(reason=f"{type(error).__name__}: {error}")


def worst(failures: Sequence[Failure]) -> Failure:
    """Return the one that decides about a message of several parts: while one part may still succeed, it is retried."""
    return next((failure for failure in failures if isinstance(failure, Retried)), failures[0])


def attempt(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Failure:
    """Run one step for one message, so that its failure never touches its neighbours."""
    try:
        return step(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the border between one message and the rest of its batch
        return failed(error)
