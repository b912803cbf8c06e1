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
from infra_events.wire.custom_event import ID_LIMIT, custom_event_id
from infra_events.wire.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsEvent:
    """One event as a service sent it; ``source`` is without its drill mark, ``resources`` without repetitions.

    ``id`` is EventBridge's; that of an own event with a key comes from its key (infra_events.wire.custom_event), since
    EventBridge gives another one each time the same event is sent.
    ``document`` is the whole of it, as it came. ``recorded_time`` is when the queue took it in.
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
    document: Mapping[str, Any]

    @classmethod
    def read(cls, message: Message) -> "AwsEvent":
        """Read the body of a message. Raises PermanentError; only ``source`` and ``detail-type`` are required.

        An event without an id gets the SHA-256 of its canonical JSON, so that a retry gives the same one; without a
        readable time it gets the one at which the queue accepted it.
        """
        fields = Fields.decode(message.body)
        sent_as = fields.text("source")
        source, drill = split_drill(sent_as)
        detail = fields.optional_object("detail") or Fields({})
        account_id = fields.optional_text("account").strip()
        event_id = custom_event_id(account_id, sent_as, detail.values) or _short_id(fields.optional_text("id").strip())
        return cls(
            id=event_id or json_sha256(fields.values),
            source=source,
            detail_type=fields.text("detail-type"),
            time=_time(fields, message.sent_time),
            account_id=account_id,
            region=fields.optional_text("region").strip(),
            resources=fields.texts("resources"),
            detail=detail.values,
            drill=drill,
            recorded_time=message.sent_time,
            document=fields.values,
        )


def _time(fields: Fields, arrived: datetime) -> datetime:
    """When it occurred; a text that is no time is as good as none, and no reason to keep the news back."""
    try:
        return fields.time("time", default=arrived)
    except PermanentError as error:
        if error.code is not ParkCode.BAD_VALUE:
            raise
        return arrived


def _short_id(event_id: str) -> str:
    """Keep an id that fits everywhere (AWS's are UUIDs); another one becomes its digest, so that it stays unique."""
    return (
        event_id
        if len(event_id) <= ID_LIMIT
        else hashlib.sha256(event_id.encode(errors="backslashreplace")).hexdigest()
    )
