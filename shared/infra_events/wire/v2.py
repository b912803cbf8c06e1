"""Version 2: a CloudEvent 1.0 in structured JSON (docs/schemas/standard-event-2.json).

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from infra_events.domain.arn import Arn, partition_of
from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import Phase, ResourceEvent, Status
from infra_events.domain.parent import MOST_PARENTS, Parent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.text import carriable, one_line
from infra_events.domain.time import format_time
from infra_events.ports import Message, Publication
from infra_events.wire.attributes import standard_attributes
from infra_events.wire.fields import Fields

SPEC_VERSION = "1.0"
SCHEMA_VERSION = "2.0"
DATA_SCHEMA = "https://infra-events.example/schemas/standard-event-2.json"

_BODY_LIMIT = 238 * 1024  # 240 KiB with the attributes beside it
_SUMMARY_LIMIT = 256
_KEY_LIMIT = 255
_LINE_LIMIT = 1024
# As many characters as AWS allows a resource (50 tags of 128 + 256); at six bytes each, half of a body.
_TAGS_LIMIT = 20_000
_MOST_LABELS = 50
# Links that a mail may show as a button; no reader of any version receives another one.
_LINK = re.compile(r"https://(?=[!-~]{1,2000}$)[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!-~]*)?")

_Member = TypeVar("_Member", bound=StrEnum)


def write(event: ResourceEvent) -> Publication:
    """Write an event; one that is too large, or nested too deep, goes without ``raw``, and with ``truncated``."""
    document = _document(event)
    try:
        body = _json(document)
    except RecursionError:
        body = ""
    if not body or len(body.encode()) > _BODY_LIMIT:
        document["data"] |= {"raw": {}, "truncated": True}
        body = _json(document)
    return Publication(body=body, attributes=standard_attributes(event, SCHEMA_VERSION))


def read(message: Message) -> ResourceEvent:
    """Read a version-2 message of any producer: unknown fields are ignored, optional ones may be absent.

    Raises PermanentError when it is no CloudEvent, or when its data names no resource or no state.
    """
    fields = Fields.decode(message.body)
    if fields.text("specversion") != SPEC_VERSION:
        raise PermanentError(ParkCode.BAD_VALUE, f"specversion must be {SPEC_VERSION}")
    data = fields.object("data")
    provider, change = data.optional_object("provider") or Fields({}), data.object("change")
    name, service = provider.optional_text("name"), provider.optional_text("service")
    resource = data.object("resource")
    phase = change.optional_text("phase")
    return ResourceEvent(
        id=fields.text("id"),
        parent_id=fields.optional_text("parentid"),
        time=fields.time("time", default=message.sent_time),
        recorded_time=fields.time("recordedtime", default=message.sent_time),
        type=fields.text("type"),
        source=".".join(filter(None, (name, service))) or fields.text("source"),
        origin=fields.text("source"),
        severity=fields.severity("severitytext"),
        status=_member(Status, fields.optional_text("status")) or Status.EVENT,
        dedup_key=fields.optional_text("dedupkey"),
        drill=fields.flag("drill"),
        content_digest=fields.optional_text("contentdigest"),
        account_id=provider.optional_text("account_id"),
        region=provider.optional_text("region"),
        resource=resource.text("uid"),
        state=change.text("to"),
        previous_state=change.optional_text("from"),
        phase=_member(Phase, phase),
        transitional=change.flag("transitional"),
        reason=change.optional_text("reason"),
        actor=change.optional_text("actor"),
        summary=one_line(data.optional_text("summary"), _SUMMARY_LIMIT),
        link=next(filter(_LINK.fullmatch, (link.optional_text("href") for link in data.objects("links"))), ""),
        tags=_read_tags(resource, "data.resource"),
        name=one_line(resource.optional_text("name"), _LINE_LIMIT),
        owner=one_line(resource.optional_text("owner"), _LINE_LIMIT),
        parents=tuple(
            Parent(resource=parent.text("uid"), tags=_read_tags(parent, "data.resource.parents"))
            for parent in resource.objects("parents")[:MOST_PARENTS]
        ),
        tags_from=resource.optional_text("tags_from"),
        labels=_read_labels(data),
    )


def _read_tags(resource: Fields, name: str) -> Tags:
    """Return the tags of a resource, or of a parent; tags without a status count as live."""
    given = resource.optional_object("tags")
    values = given.values if given else {}
    if not all(isinstance(value, str) for value in values.values()):
        raise PermanentError(ParkCode.WRONG_TYPE, f"{name}.tags must be an object of strings")
    stated = _member(TagsStatus, resource.optional_text("tags_status"))
    status = stated or (TagsStatus.LIVE if values else TagsStatus.NOT_REQUESTED)
    return Tags(
        values=values,
        status=status,
        as_of=resource.time("tags_as_of") if resource.optional_text("tags_as_of") else None,
        unavailable=(
            one_line(resource.optional_text("tags_unavailable"), _SUMMARY_LIMIT) or "its producer could not read them"
            if status is TagsStatus.UNAVAILABLE
            else ""
        ),
    )


def _read_labels(data: Fields) -> dict[str, str]:
    """Return the labels of a message that are short texts; earlier releases wrote none, and let others pass."""
    given = data.values.get("labels")
    labels = given.items() if isinstance(given, dict) else ()
    fitting = ((key, label) for key, label in labels if isinstance(label, str) and len(key) <= _SUMMARY_LIMIT)
    return {key: one_line(label, _LINE_LIMIT) for key, label in islice(fitting, _MOST_LABELS) if label.strip()}


def _document(event: ResourceEvent) -> dict[str, Any]:
    """Return the envelope and its data; envelope attributes without a value are left out, as CloudEvents requires."""
    arn = Arn.parse(event.resource)
    region = event.region or (arn.region if arn else "")
    # The source of a custom event has no services below it.
    service = event.source.removeprefix("aws.") if event.source.startswith("aws.") else ""
    name = "aws" if service else event.source
    custom_source = _quoted(event.source, safe="/:._~-")
    tags, *parents_tags = _carried([event.tags.values, *(parent.tags.values for parent in event.parents)])
    all_tags = [event.tags, *(parent.tags for parent in event.parents)]
    left_out = sum(map(len, (tags, *parents_tags))) < sum(len(one.values) for one in all_tags)
    envelope = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "parentid": event.parent_id,
        "source": event.origin
        or (f"aws://{event.account_id}/{region}/{_quoted(service, safe='/')}" if service else custom_source),
        "type": event.type,
        "subject": event.resource,
        "time": format_time(event.time),
        "recordedtime": format_time(event.recorded_time) if event.recorded_time else "",
        "datacontenttype": "application/json",
        "dataschema": DATA_SCHEMA,
        "severitytext": event.severity.name,
        "severitynumber": event.severity.value,
        "status": event.status.value,
        "dedupkey": event.dedup_key or dedup_key(event),
        "drill": event.drill,
        "contentdigest": event.content_digest,
    }
    return {key: _short(value) for key, value in envelope.items() if value} | {
        "data": {
            "schema_version": SCHEMA_VERSION,
            "provider": {
                "name": name,
                "service": service or None,
                "account_id": event.account_id or None,
                "region": region or None,
                "partition": (arn.partition if arn else partition_of(region)) if service else None,
            },
            "resource": {
                "uid": event.resource,
                "type": f"{arn.service}:{arn.resource_type}".rstrip(":") if arn else None,
                "id": arn.resource_id if arn else event.resource,
                "name": one_line(event.name, _LINE_LIMIT) or None,
                "owner": one_line(event.owner, _LINE_LIMIT) or None,
                **_tags(event.tags, tags),
                **_family(event, parents_tags),
            },
            "change": {
                "from": event.previous_state or None,
                "to": event.state,
                "phase": event.phase,
                "transitional": event.transitional,
                "reason": event.reason or None,
                "actor": event.actor or None,
            },
            "summary": one_line(event.summary or f"{event.resource}: {event.state}", _SUMMARY_LIMIT),
            "links": [{"rel": "console", "href": event.link}] if event.link else [],
            "labels": dict(event.labels),
            "raw": event.raw,
            "truncated": event.truncated or left_out,
        }
    }


def _tags(tags: Tags, carried: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields about the tags of a resource, or of a parent; why they are unavailable only if they are."""
    why = {"tags_unavailable": one_line(tags.unavailable, _SUMMARY_LIMIT)} if tags.unavailable else {}
    as_of = format_time(tags.as_of) if tags.as_of else None
    return {"tags": carried, "tags_status": tags.status, "tags_as_of": as_of} | why


def _family(event: ResourceEvent, carried: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the fields about parents, none where the resource has none."""
    parents = [
        {"uid": parent.resource, **_tags(parent.tags, tags)}
        for parent, tags in zip(event.parents, carried, strict=True)
    ]
    fields: dict[str, Any] = {"parents": parents} if parents else {}
    return fields | ({"tags_from": event.tags_from} if event.tags_from else {})


def _carried(several: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the first tags of all, as many as a message has room for; a foreign producer may have sent any number."""
    room, all_carried = _TAGS_LIMIT, list[Mapping[str, str]]()
    for values in several:
        carried = {}
        for key, value in values.items():
            room -= len(key) + len(value) + 1
            if room < 0:
                break
            carried[key] = value
        all_carried.append(carried)
    return all_carried


def dedup_key(event: ResourceEvent) -> str:
    """Return the key of the condition that an event is about, the same for all its events: at most 255 characters."""
    key = f"{event.type}|{event.resource}"
    return key if len(key) <= _KEY_LIMIT else hashlib.sha256(key.encode(errors="backslashreplace")).hexdigest()


def _quoted(text: str, safe: str) -> str:
    return quote(text, safe=safe, errors="replace")


def _short(value: object) -> object:
    """Return an envelope attribute; a string without control characters, and short enough for any transport."""
    return one_line(value, _LINE_LIMIT) if isinstance(value, str) else value


def _json(document: Mapping[str, Any]) -> str:
    return carriable(json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _member(kind: type[_Member], value: str) -> _Member | None:
    """Return the member of an enumeration; None for one that a later minor version may have added."""
    return kind(value) if value in [member.value for member in kind] else None
