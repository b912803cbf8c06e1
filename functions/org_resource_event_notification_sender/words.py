"""An event in plain words: subject, text and HTML, from Jinja2 templates in a sandbox.

Every value is foreign: it is folded to one line and capped before a template sees it, and escaped in HTML.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeGuard
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from infra_events.domain.arn import Arn
from infra_events.domain.console import console_host, is_console
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode
from infra_events.domain.text import one_line
from infra_events.enricher import Tags

_VALUE_LIMIT = 256
_ABBREVIATION = 3
"""Services with names this short are known by their capitals: EC2, RDS, S3."""
_TIME_FORMAT = "%a %d %b %Y, %H:%M:%S %Z"
_SERVICES = {
    "autoscaling": "Auto Scaling",
    "backup": "Backup",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "elasticloadbalancing": "Load balancing",
    "guardduty": "GuardDuty",
    "health": "AWS Health",
    "lambda": "Lambda",
    "states": "Step Functions",
}
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
        account_id = (arn and arn.account_id) or event.account_id
        utc = event.time.astimezone(UTC)
        local = _in_zone(event.time, self._zone)
        values = {
            "kind": _kind(event, arn),
            "name": tags.name,
            "resource_id": arn.resource_id if arn else event.resource,
            "resource": event.resource,
            "state": event.state,
            "previous_state": event.previous_state,
            "summary": event.summary,
            "why": event.reason,
            "actor": event.actor,
            "time_utc": utc.strftime(_TIME_FORMAT),
            "time_local": local.strftime(_TIME_FORMAT) if local.utcoffset() != utc.utcoffset() else "",
            "account_id": account_id or "unknown",
            "region": (arn and arn.region) or event.region or "global",
            # What both message versions know, so that both make the same subject.
            "where": ", ".join(part for part in (account_id, arn.region if arn else "") if part),
            "severity": event.severity.name,
            "type": event.type,
            "event_id": event.id,
            "name_unavailable": tags.unavailable,
            "reason": reason,
        }
        facts: dict[str, object] = {key: one_line(value, _VALUE_LIMIT) for key, value in values.items()}
        link = event.link or (instance_url(arn) if _is_instance(arn) else "")
        return facts | {
            "change": _change(arn, one_line(event.state, _VALUE_LIMIT)),
            "console_url": link,
            "console_name": "the AWS console" if is_console(urlsplit(link).netloc) else urlsplit(link).netloc,
            "drill": event.drill,
        }


def _in_zone(time: datetime, zone: ZoneInfo) -> datetime:
    """Move a time to a zone; at the calendar's edge, where there is no such time, it stays in UTC."""
    try:
        return time.astimezone(zone)
    except OverflowError:
        return time.astimezone(UTC)


def instance_url(arn: Arn) -> str:
    """Link to an EC2 instance's page, which version 1 has no room to carry."""
    host = console_host(arn.partition, arn.region)
    instance = quote(arn.resource_id, safe="")
    return host and f"https://{host}/ec2/home?region={arn.region}#InstanceDetails:instanceId={instance}"


def _is_instance(arn: Arn | None) -> TypeGuard[Arn]:
    return arn is not None and (arn.service, arn.resource_type) == ("ec2", "instance")


def _kind(event: ResourceEvent, arn: Arn | None) -> str:
    """Say what kind of thing it is: ``EC2 instance``, ``S3``, ``RDS db``."""
    service = arn.service if arn else event.service
    name = _SERVICES.get(service) or (service.upper() if len(service) <= _ABBREVIATION else service)
    return f"{name} {arn.resource_type.replace('-', ' ') if arn else ''}".strip()


def _change(arn: Arn | None, state: str) -> str:
    """Say what happened, to follow the resource's name."""
    words = _INSTANCE_STATES.get(state) if _is_instance(arn) else None
    return f" {words}" if words else f": {state}"


def _plain(facts: Mapping[str, object]) -> Words:
    """The same facts without a template."""
    mark = "[DRILL] " if facts["drill"] else ""
    subject = f"{mark}{facts['kind']} {facts['name'] or facts['resource_id']}{facts['change']}"
    return Words(subject=subject, text="\n".join(f"{key}: {value}" for key, value in facts.items()), html=None)
