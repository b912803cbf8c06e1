"""Domain ⇄ wire: the only place that knows how our messages are written. The schemas are in docs/schemas."""

import csv
import io
import json
from collections.abc import Mapping

from infra_events.domain.arn import Arn
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.notification import SUBJECT_LIMIT, EventReference, Notification
from infra_events.domain.text import carriable, one_line
from infra_events.fields import Fields, format_time, parse_time
from infra_events.ports import Message, Publication

DRILL_PREFIX = "drill."
_V1_COLUMNS = 3
_ATTRIBUTE_LIMIT = 256
_ADDRESS_MARKS = ("@", "://", "arn:")


def split_drill(source: str) -> tuple[str, bool]:
    """``drill.aws.ec2`` → ``aws.ec2``, True: a drill is a real event with a mark on its source."""
    return source.removeprefix(DRILL_PREFIX), source.startswith(DRILL_PREFIX)


def write_v1(event: ResourceEvent) -> Publication:
    """Write a version-1 message: one RFC 4180 record ``source,resource_arn,state``; these bytes never change."""
    line = io.StringIO()
    source = DRILL_PREFIX + event.source if event.drill else event.source
    # The writer only quotes a line break that is part of its own terminator, hence \r\n, which then comes off.
    csv.writer(line, lineterminator="\r\n").writerow(map(carriable, (source, event.resource, event.state)))
    return Publication(body=line.getvalue().removesuffix("\r\n"), attributes=_attributes(event, "1"))


def read_v1(message: Message) -> ResourceEvent:
    """Read a version-1 message of any producer: the attributes help, but only the body is required.

    Raises PermanentError when the body is not one record of three columns, or an attribute is malformed.
    """
    try:
        rows = list(csv.reader(io.StringIO(message.body, newline=""), strict=True))
    except csv.Error as error:
        raise PermanentError(ParkCode.NOT_CSV, f"the body is not an RFC 4180 record: {error}") from error
    if len(rows) != 1 or len(rows[0]) != _V1_COLUMNS or not all(rows[0]):
        raise PermanentError(ParkCode.NOT_CSV, "the body must be one record: source,resource_arn,state")
    (source, drill), resource, state = split_drill(rows[0][0]), rows[0][1], rows[0][2]
    attributes, arn = message.attributes, Arn.parse(resource)
    time = attributes.get("time")
    return ResourceEvent(
        id=attributes.get("id") or message.id,
        time=parse_time(time, "attribute time") if time else message.sent_time,
        type=attributes.get("type") or f"infra.{source}.unmapped",
        source=source,
        severity=_severity(attributes.get("severity"), "attribute severity"),
        account_id=attributes.get("account_id") or (arn.account_id if arn else ""),
        resource=resource,
        state=state,
        drill=drill or attributes.get("drill") == "true",
    )


def write_notification(notification: Notification, *, channels: tuple[str, ...]) -> Publication:
    """Write a notification as one JSON document; ``channels`` say who should deliver it."""
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
    }
    attributes: dict[str, str | tuple[str, ...]] = {
        "id": _attribute(notification.id),
        "severity": notification.severity.name,
        "channels": channels,
    }
    if notification.owner:
        attributes["owner"] = _attribute(notification.owner)
    body = json.dumps({k: v for k, v in document.items() if v is not None}, ensure_ascii=False)
    return Publication(body=carriable(body), attributes=attributes)


def read_notification(message: Message) -> Notification:
    """Read a notification of any producer. Raises PermanentError; ``raw_address`` when a recipient is no plain name."""
    fields = Fields.decode(message.body)
    recipients = fields.texts("recipients")
    if any(mark in name for name in recipients for mark in _ADDRESS_MARKS):
        raise PermanentError(
            ParkCode.RAW_ADDRESS, "recipients must be names of destinations: an address in a message is never used"
        )
    event = fields.optional_object("event")
    return Notification(
        id=fields.text("id"),
        subject=one_line(fields.text("subject"), SUBJECT_LIMIT),
        text=fields.text("text"),
        html=fields.optional_text("html") or None,
        severity=_severity(fields.optional_text("severity"), "severity"),
        owner=fields.optional_text("owner") or None,
        recipients=recipients,
        reason=fields.optional_text("reason"),
        event=_event_reference(event) if event else None,
    )


def _event_reference(fields: Fields) -> EventReference:
    return EventReference(
        id=fields.text("id"),
        type=fields.text("type"),
        subject=fields.text("subject"),
        time=fields.time("time"),
        drill=fields.flag("drill"),
    )


def _attributes(event: ResourceEvent, schema_version: str) -> Mapping[str, str]:
    """What every standard topic can be filtered by. At most 9: SQS drops raw messages with more than 10."""
    attributes = {
        "id": event.id,
        "time": format_time(event.time),
        "type": event.type,
        "severity": event.severity.name,
        "service": event.service,
        "account_id": event.account_id,
        "schema_version": schema_version,
        "drill": "true" if event.drill else "",
    }
    return {name: _attribute(value) for name, value in attributes.items() if value}


def _attribute(value: str) -> str:
    return one_line(value, _ATTRIBUTE_LIMIT)


def _severity(name: str | None, field: str) -> Severity:
    """An absent severity is INFO; an unknown one is refused, for a filter somewhere relies on it."""
    try:
        return Severity[name.upper()] if name else Severity.INFO
    except KeyError as error:
        raise PermanentError(ParkCode.BAD_VALUE, f"{field} must be one of {', '.join(Severity.__members__)}") from error
