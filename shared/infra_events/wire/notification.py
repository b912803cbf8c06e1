"""The notification as a message: one JSON document (docs/schemas/notification-1.json)."""

import json
from collections.abc import Sequence
from dataclasses import replace

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.hashing import json_sha256
from infra_events.domain.notification import SUBJECT_LIMIT, EventReference, Notification
from infra_events.domain.text import carriable, one_line
from infra_events.domain.time import format_time
from infra_events.ports import Message, Publication
from infra_events.wire.attributes import attribute_value
from infra_events.wire.fields import Fields

_ADDRESS_MARKS = ("@", "://", "arn:")


def write(notification: Notification, *, channels: tuple[str, ...]) -> Publication:
    """Write a notification as one JSON document; ``channels`` are the channels that shall deliver it.

    All notifications to one destination are a group of messages.
    """
    event = notification.event
    document = {
        "id": notification.id,
        "subject": one_line(notification.subject, SUBJECT_LIMIT),
        "text": notification.text,
        "html": notification.html,
        "severity": notification.severity.name,
        "owner": notification.owner,
        "recipients": notification.recipients,
        "reason": notification.reason,
        "event": event
        and {
            "id": event.id,
            "type": event.type,
            "subject": event.subject,
            "time": format_time(event.time),
            "drill": event.drill,
        },
        "content_digest": notification.content_digest or None,
    }
    attributes: dict[str, str | tuple[str, ...]] = {
        "id": attribute_value(notification.id),
        "severity": notification.severity.name,
        "channels": channels,
    }
    if owner := attribute_value(notification.owner or ""):
        attributes["owner"] = owner
    body = json.dumps({k: v for k, v in document.items() if v is not None}, ensure_ascii=False)
    group = notification.recipients[0] if len(notification.recipients) == 1 else ""
    return Publication(body=carriable(body), attributes=attributes, group=group)


def channels(message: Message) -> tuple[str, ...]:
    """Return the channels that shall deliver a notification, by its attribute ``channels``; none: every channel.

    The attribute is a JSON list of names (SNS's ``String.Array``), or one name. Another producer need not set it, and a
    list that cannot be read counts as absent: a notification too many is better than one that nobody receives.
    """
    text = message.attributes.get("channels", "").strip()
    if not text.startswith("["):
        return (text,) if text else ()
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(names) if all(isinstance(name, str) for name in names) else ()


def read(message: Message) -> Notification:
    """Read a notification of any producer. Raises PermanentError, ``raw_address`` for a recipient that is no name."""
    fields = Fields.decode(message.body)
    recipients = fields.texts("recipients")
    if any(mark in name for name in recipients for mark in _ADDRESS_MARKS):
        raise PermanentError(
            ParkCode.RAW_ADDRESS, "recipients must be names of destinations: an address in a message is never used"
        )
    event = fields.optional_object("event")
    subject, text, severity = fields.text("subject"), fields.text("text"), fields.severity("severity")
    digest = fields.optional_text("content_digest")
    return Notification(
        id=fields.text("id"),
        subject=one_line(subject, SUBJECT_LIMIT),
        text=text,
        html=fields.optional_text("html") or None,
        severity=severity,
        owner=fields.optional_text("owner") or None,
        recipients=recipients,
        reason=fields.optional_text("reason"),
        event=_event_reference(event) if event else None,
        # What is written about an event differs from release to release; another process's words are its own.
        content_digest=digest or ("" if event else json_sha256([severity.name, subject, text])),
    )


def narrowed(message: Message, names: Sequence[str]) -> Message:
    """Return a message that differs in its recipients alone: unknown fields and every other value are as they came.

    It is at most as long, but for the names. Raises PermanentError for a body that is no JSON object.
    """
    document = {**Fields.decode(message.body).values, "recipients": list(names)}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if carriable(body) != body:  # the body escapes a character that SQS refuses, and has to go on doing so
        body = json.dumps(document, separators=(",", ":"))
    return replace(message, body=body)


def _event_reference(fields: Fields) -> EventReference:
    return EventReference(
        id=fields.text("id"),
        type=fields.text("type"),
        subject=fields.text("subject"),
        time=fields.time("time"),
        drill=fields.flag("drill"),
    )
