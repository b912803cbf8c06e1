"""Events that are not AWS's own: their form before EventBridge has them, and the key that makes a resend harmless."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.keys import IDEMPOTENCY_KEY
from infra_events.wire.common import digest, split_drill
from infra_events.wire.fields import Fields

KEY_LIMIT = 128
ID_LIMIT = 128
# EventBridge's own: what is longer, it takes and then drops.
_SOURCE_LIMIT = 256
_DETAIL_TYPE_LIMIT = 128
# Without a hash, which comes before a resource's number, and in the source without a colon, which comes before the key.
_ACCOUNT = re.compile("[0-9]{12}")
_PLAIN_SOURCE = re.compile(r"[\w.@/+=-]+", re.ASCII)
_PLAIN_KEY = re.compile(r"[\w.@/+=:-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvent:
    """An event for PutEvents; ``time`` is aware. EventBridge adds id, account and region."""

    source: str
    detail_type: str
    time: datetime
    resources: tuple[str, ...]
    detail: Mapping[str, Any]

    @classmethod
    def read(cls, fields: Fields, time: datetime) -> "OwnEvent":
        """Read an event in the form in which EventBridge delivers them; one that has no time occurred at ``time``.

        Raises PermanentError for what EventBridge would refuse, or take and drop.
        """
        source = fields.text("source")
        if source.startswith("aws."):
            raise PermanentError(ParkCode.BAD_VALUE, "source must not begin with aws. (AWS's own; a drill says drill.)")
        detail = fields.optional_object("detail") or Fields({})
        if IDEMPOTENCY_KEY in detail.values and not _key(detail.values):
            reason = f"detail.{IDEMPOTENCY_KEY} must be a string of 1 to {KEY_LIMIT} characters"
            raise PermanentError(ParkCode.BAD_VALUE, reason)
        return cls(
            source=_short(source, _SOURCE_LIMIT, "source"),
            detail_type=_short(fields.text("detail-type"), _DETAIL_TYPE_LIMIT, "detail-type"),
            time=fields.time("time", default=time),
            resources=fields.texts("resources"),
            detail=detail.values,
        )

    @property
    def key(self) -> str:
        """Its idempotency key; empty when it has none."""
        return _key(self.detail)

    def with_key(self, key: str) -> "OwnEvent":
        """Give it a key."""
        return replace(self, detail={**self.detail, IDEMPOTENCY_KEY: key})


def own_id(account_id: str, source: str, detail: Mapping[str, Any]) -> str:
    """Return the id of an event that carries a key, the same however often it is sent; empty for every other event.

    ``source`` is as it was sent, so that a drill is never taken for the real one; the account, which EventBridge
    sets, keeps apart those of two accounts that run the same job. It is ``<account>:<source>:<key>``, or the
    SHA-256 of both where that could be read in two ways or is too long.
    """
    key = _key(detail)
    if not key or split_drill(source)[0].startswith("aws."):
        return ""
    plain = f"{account_id}:{source}:{key}"
    unmistakable = _ACCOUNT.fullmatch(account_id) and _PLAIN_SOURCE.fullmatch(source) and _PLAIN_KEY.fullmatch(key)
    return plain if unmistakable and len(plain) <= ID_LIMIT else digest([account_id, source, key])


def _key(detail: Mapping[str, Any]) -> str:
    key = detail.get(IDEMPOTENCY_KEY)
    return key if isinstance(key, str) and len(key) <= KEY_LIMIT else ""


def _short(text: str, limit: int, name: str) -> str:
    if len(text) > limit:
        raise PermanentError(ParkCode.BAD_VALUE, f"{name} has {len(text)} characters; {limit} are allowed")
    return text
