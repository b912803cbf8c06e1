"""An event in plain words: subject, text and HTML, from Jinja2 templates in a sandbox.

Every value is foreign: it is folded to one line and capped before a template sees it, and escaped in HTML.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode
from infra_events.domain.text import one_line
from infra_events.enricher import Tags

_VALUE_LIMIT = 256
_TIME_FORMAT = "%a %d %b %Y, %H:%M:%S %Z"
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d{1,2}")
_CONSOLE_BY_PARTITION = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_KINDS = {("ec2", "instance"): "EC2 instance"}
_INSTANCE_STATES = {
    "pending": "is starting",
    "running": "is running",
    "stopping": "is stopping",
    "stopped": "has stopped",
    "shutting-down": "is shutting down for good",
    "terminated": "was terminated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person reads."""

    subject: str
    text: str
    html: str | None


class Writer:
    """Puts events into words; the templates are compiled once per process."""

    def __init__(self, display_timezone: ZoneInfo) -> None:
        """Take the zone in which people read times, beside UTC."""
        self._zone = display_timezone
        self._templates = SandboxedEnvironment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, event: ResourceEvent, tags: Tags, reason: str) -> tuple[Words, tuple[Note, ...]]:
        """Write one event; a template that fails costs the looks, never the notification."""
        facts = self._facts(event, tags, reason)
        try:
            return (
                Words(
                    subject=self._render("subject.txt.j2", facts),
                    text=self._render("body.txt.j2", facts),
                    html=self._render("body.html.j2", facts),
                ),
                (),
            )
        except Exception as error:  # noqa: BLE001 - a template may fail in any way; the words still have to go out
            note = Note(code=NoteCode.TEMPLATE_FAILED, reason=f"{type(error).__name__}: {error}")
            return _plain(facts), (note,)

    def _render(self, template: str, facts: Mapping[str, object]) -> str:
        return self._templates.get_template(template).render(facts).strip()

    def _facts(self, event: ResourceEvent, tags: Tags, reason: str) -> dict[str, object]:
        """Everything that a template may say; each value one short line."""
        arn = Arn.parse(event.resource)
        utc = event.time.astimezone(UTC)
        local = event.time.astimezone(self._zone)
        values = {
            "kind": _kind(event, arn),
            "name": tags.name,
            "resource_id": arn.resource_id if arn else event.resource,
            "resource": event.resource,
            "state": event.state,
            "change": _change(event, arn),
            "time_utc": utc.strftime(_TIME_FORMAT),
            "time_local": local.strftime(_TIME_FORMAT) if local.utcoffset() != utc.utcoffset() else "",
            "account_id": (arn and arn.account_id) or event.account_id or "unknown",
            "region": (arn and arn.region) or "global",
            "severity": event.severity.name,
            "type": event.type,
            "event_id": event.id,
            "name_unavailable": tags.unavailable,
            "reason": reason,
        }
        facts: dict[str, object] = {key: one_line(value, _VALUE_LIMIT) for key, value in values.items()}
        return facts | {"console_url": console_url(arn), "drill": event.drill}


def console_url(arn: Arn | None) -> str:
    """Link to the resource in its partition's console; empty where there is no page we know for sure."""
    if not arn or (arn.service, arn.resource_type) not in _KINDS or not _REGION.fullmatch(arn.region):
        return ""
    if arn.partition not in _CONSOLE_BY_PARTITION:
        return ""
    host, instance = _CONSOLE_BY_PARTITION[arn.partition], quote(arn.resource_id, safe="")
    return f"https://{arn.region}.{host}/ec2/home?region={arn.region}#InstanceDetails:instanceId={instance}"


def _kind(event: ResourceEvent, arn: Arn | None) -> str:
    if not arn:
        return event.service
    return _KINDS.get((arn.service, arn.resource_type)) or f"{arn.service} {arn.resource_type}".strip()


def _change(event: ResourceEvent, arn: Arn | None) -> str:
    if arn and (arn.service, arn.resource_type) == ("ec2", "instance") and event.state in _INSTANCE_STATES:
        return _INSTANCE_STATES[event.state]
    return f"changed: {event.state}"


def _plain(facts: Mapping[str, object]) -> Words:
    """The same facts without a template."""
    mark = "[DRILL] " if facts["drill"] else ""
    subject = f"{mark}{facts['kind']} {facts['name'] or facts['resource_id']} {facts['change']}"
    return Words(subject=subject, text="\n".join(f"{key}: {value}" for key, value in facts.items()), html=None)
