"""The outcomes of messages: each message has exactly one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ParamSpec, TypeVar

from infra_events.domain.errors import ParkCode, PermanentError

P = ParamSpec("P")
T = TypeVar("T")


class NoteCode(StrEnum):
    """What was unusual about a message that was sent all the same (docs/runbook.md explains each)."""

    TAGS_UNAVAILABLE = "tags_unavailable"
    ROUTING_FAILED = "routing_failed"
    TEMPLATE_FAILED = "template_failed"
    FALLBACK_USED = "fallback_used"
    ALREADY_SENT = "already_sent"
    KEY_REUSED = "key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark on a message that was sent: what was missing or replaced, and why."""

    code: NoteCode
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The next topic or provider accepted it. ``heartbeat`` is when a delivered heartbeat was put on the bus."""

    notes: tuple[Note, ...] = ()
    heartbeat: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """People are not notified of this event, by a rule or a tag; machines received it already."""

    event_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Other channels deliver the notification: it names only these, or only these reach its destinations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """It can never succeed: the worker puts it into the DLQ with code and reason, and then acknowledges it.

    ``body`` is what is parked where a part of the message has succeeded; empty: the message as it came.
    """

    code: ParkCode
    reason: str
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Its provider takes it later: the worker sends it to its queue again, to come back after ``until`` (aware)."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """It stays in its queue, which delivers it again; after ``maxReceiveCount`` attempts SQS moves it to the DLQ."""

    reason: str


Failure = Parked | Retried
Outcome = Sent | Suppressed | Skipped | Later | Failure


def failed(error: Exception) -> Failure:
    """Return the failure that an error means: parked for a permanent error, retried for any other."""
    if isinstance(error, PermanentError):
        return Parked(code=error.code, reason=error.reason)
    return Retried(reason=f"{type(error).__name__}: {error}")


def worst(failures: Sequence[Failure]) -> Failure:
    """Return the failure that decides about a message of several parts: it is retried while one part may succeed."""
    return next((failure for failure in failures if isinstance(failure, Retried)), failures[0])


def attempt(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Failure:
    """Return what ``step`` returns, or its failure: so an error of one message never affects the rest of its batch."""
    try:
        return step(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the border between one message and the rest of its batch
        return failed(error)
