"""EventBridge's envelope: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra_events.domain.drill import split_drill
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.hashing import json_sha256
from infra_events.ports import Message
from infra_events.wire.custom_event import ID_LIMIT, content_digest, custom_event_id
from infra_events.wire.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsEvent:
    """One event as EventBridge delivers it; ``source`` has no mark of a drill, ``resources`` no repetitions.

    ``id`` is EventBridge's, which differs each time the same event is sent; a custom event with an idempotency key has
    an id by that, and a ``content_digest`` (infra_events.wire.custom_event). ``document`` is the whole event, as it
    came. ``recorded_time`` is when the queue accepted it.
    """

    id: str
    source: str
    detail_type: str
    time: datetime
    account_id: str
    region: str
    resources: tuple[str, ...]
    detail: Mapping[str, Any]
    drill: bool
    recorded_time: datetime
    content_digest: str
    document: Mapping[str, Any]

    @classmethod
    def read(cls, message: Message) -> "AwsEvent":
        """Read the body of a message; only ``source`` and ``detail-type`` are required. Raises PermanentError.

        An event without an id has the SHA-256 of its canonical JSON as id, which stays the same when it is retried. An
        event without a readable time has the time at which the queue accepted it.
        """
        fields = Fields.decode(message.body)
        sent_as = fields.text("source")
        source, drill = split_drill(sent_as)
        detail = fields.optional_object("detail") or Fields({})
        detail_type, resources = fields.text("detail-type"), fields.texts("resources")
        account_id = fields.optional_text("account").strip()
        event_id = custom_event_id(account_id, sent_as, detail.values) or _short_id(fields.optional_text("id").strip())
        return cls(
            id=event_id or json_sha256(fields.values),
            source=source,
            detail_type=detail_type,
            time=_time(fields, message.sent_time),
            account_id=account_id,
            region=fields.optional_text("region").strip(),
            resources=resources,
            detail=detail.values,
            drill=drill,
            recorded_time=message.sent_time,
            content_digest=content_digest(sent_as, detail_type, resources, detail.values),
            document=fields.values,
        )


def _time(fields: Fields, arrived: datetime) -> datetime:
    """Return when it occurred; for a text that is no time, when it arrived: that is no reason to park an event."""
    try:
        return fields.time("time", default=arrived)
    except PermanentError as error:
        if error.code is not ParkCode.BAD_VALUE:
            raise
        return arrived


def _short_id(event_id: str) -> str:
    """Return an id that fits into every transport (AWS's are UUIDs); a longer one becomes its SHA-256."""
    return (
        event_id
        if len(event_id) <= ID_LIMIT
        else hashlib.sha256(event_id.encode(errors="backslashreplace")).hexdigest()
    )
