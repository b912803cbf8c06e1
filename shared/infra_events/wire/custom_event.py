"""Custom events: their form before EventBridge has them, and the idempotency key that makes sending twice harmless."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from infra_events.domain.drill import split_drill
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.hashing import json_sha256
from infra_events.wire import IDEMPOTENCY_KEY
from infra_events.wire.fields import Fields

KEY_LIMIT = 128
ID_LIMIT = 128
# EventBridge's limits: it accepts an event with a longer text, and then drops it.
_SOURCE_LIMIT = 256
_DETAIL_TYPE_LIMIT = 128
# Parts of a readable id. No part contains a hash sign, which precedes a resource's number; a source contains no colon,
# which precedes the key.
_ACCOUNT = re.compile("[0-9]{12}")
_PLAIN_SOURCE = re.compile(r"[\w.@/+=-]+", re.ASCII)
_PLAIN_KEY = re.compile(r"[\w.@/+=:-]+", re.ASCII)
# Names of what differs from one sending of an event to the next: sent_at, sentAt, timestamp, attempt, retry-count.
_OF_A_SENDING = re.compile(
    r"(?:.*[^a-z])?(?:time|timestamp|date|at|attempts?|retry|retries|retry[^a-z]?[cC]ount)"
    r"|.*(?:Time|Timestamp|Date|At|Attempts?|Retry|Retries|RetryCount)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomEvent:
    """An event for PutEvents; ``time`` is aware. EventBridge adds id, account and region."""

    source: str
    detail_type: str
    time: datetime
    resources: tuple[str, ...]
    detail: Mapping[str, Any]

    @classmethod
    def read(cls, fields: Fields, time: datetime) -> "CustomEvent":
        """Read an event in the form in which EventBridge delivers events; one without a time occurred at ``time``.

        Raises PermanentError for an event that EventBridge would refuse, or would accept and drop.
        """
        source = fields.text("source")
        if source.startswith("aws."):
            raise PermanentError(
                ParkCode.BAD_VALUE, "source must not begin with aws. (only AWS's do; a drill's begins with drill.)"
            )
        detail = fields.optional_object("detail") or Fields({})
        if IDEMPOTENCY_KEY in detail.values and not _key(detail.values):
            reason = f"detail.{IDEMPOTENCY_KEY} must be a string of 1 to {KEY_LIMIT} characters"
            raise PermanentError(ParkCode.BAD_VALUE, reason)
        return cls(
            source=_within(_SOURCE_LIMIT, "source", source),
            detail_type=_within(_DETAIL_TYPE_LIMIT, "detail-type", fields.text("detail-type")),
            time=fields.time("time", default=time),
            resources=fields.texts("resources"),
            detail=detail.values,
        )

    @property
    def key(self) -> str:
        """The idempotency key; empty when there is none."""
        return _key(self.detail)

    def with_key(self, key: str) -> "CustomEvent":
        """Return the event with this idempotency key."""
        return replace(self, detail={**self.detail, IDEMPOTENCY_KEY: key})


def custom_event_id(account_id: str, source: str, detail: Mapping[str, Any]) -> str:
    """Return the id that a custom event has by its idempotency key, each time it is sent; empty without a key.

    It is ``<account>:<source>:<key>``, or the SHA-256 of the three where that text would be ambiguous or longer than
    an id may be. ``source`` includes the mark of a drill, so that a drill and a real event differ; the account, which
    EventBridge sets, keeps apart the events of two accounts that run the same job. An event of AWS has no such id.
    """
    key = _key(detail)
    if not key or split_drill(source)[0].startswith("aws."):
        return ""
    plain = f"{account_id}:{source}:{key}"
    unambiguous = _ACCOUNT.fullmatch(account_id) and _PLAIN_SOURCE.fullmatch(source) and _PLAIN_KEY.fullmatch(key)
    return plain if unambiguous and len(plain) <= ID_LIMIT else json_sha256([account_id, source, key])


def content_digest(source: str, detail_type: str, resources: Sequence[str], detail: Mapping[str, Any]) -> str:
    """Return a digest of what a custom event with an idempotency key states; empty for one without a key.

    It is of the event as its producer sent it, so no release, catalogue or routing changes it: detail-type, resources
    in any order, and the detail without the key and without fields that are named like a time or an attempt. The
    event's time does not count either, for EventBridge may have set it.
    """
    if not _key(detail) or split_drill(source)[0].startswith("aws."):
        return ""
    return json_sha256([detail_type, sorted(resources), _lasting(detail)])


def _lasting(value: Any, levels: int = 20) -> Any:
    """Return a detail without the fields that differ from one sending to the next; what lies deeper stays whole."""
    if not levels:
        return value
    if isinstance(value, Mapping):
        names = [name for name in value if name != IDEMPOTENCY_KEY and not _OF_A_SENDING.fullmatch(name)]
        return {name: _lasting(value[name], levels - 1) for name in names}
    return [_lasting(item, levels - 1) for item in value] if isinstance(value, list) else value


def _key(detail: Mapping[str, Any]) -> str:
    key = detail.get(IDEMPOTENCY_KEY)
    return key if isinstance(key, str) and len(key) <= KEY_LIMIT else ""


def _within(limit: int, name: str, text: str) -> str:
    if len(text) > limit:
        raise PermanentError(ParkCode.BAD_VALUE, f"{name} has {len(text)} characters; {limit} are allowed")
    return text
