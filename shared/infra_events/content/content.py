"""An event in plain words: subject, text and HTML, from Jinja2 templates in a sandbox.

Every value is foreign: it is folded to one line and capped before a template sees it, and escaped in HTML.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from infra_events.domain.arn import Arn
from infra_events.domain.console import console_host, is_console
from infra_events.domain.event import ResourceEvent
from infra_events.domain.outcome import Note, NoteCode
from infra_events.domain.tags import TagsStatus
from infra_events.domain.text import one_line
from infra_events.routing.decision import Decision
from infra_events.routing.model import Routing

_VALUE_LIMIT = 256
_NAME_LIMIT = 80  # in a subject, so that what happened still fits
_MOST_ENUMERATED = 3
_MOST_NAMED = 50
_MUTE_DAYS = 7
_ABBREVIATION = 3
"""Services with names this short are known by their capitals: EC2, RDS, S3."""
_TIME_FORMAT = "%a %d %b %Y, %H:%M:%S %Z"
_DATE_FORMAT = "%d %b %Y"
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
_VERBS = {"is": "are", "has": "have", "was": "were"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person reads."""

    subject: str
    text: str
    html: str | None


class Writer:
    """Puts events into words; the templates are compiled once per process."""

    def __init__(self, routing: Routing) -> None:
        """Take the routing: the zone in which people read times, beside UTC, and what its reasons refer to."""
        self._routing = routing
        self._templates = SandboxedEnvironment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, events: Sequence[ResourceEvent], decision: Decision) -> tuple[Words, tuple[Note, ...]]:
        """Write events of one change in one; a template that fails costs the looks, never the notification."""
        facts = self._facts(events, decision)
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

    def _facts(self, events: Sequence[ResourceEvent], decision: Decision) -> dict[str, object]:
        """Everything that a template may say; each value one short line.

        What all events say alike is said once, and is empty where they differ; ``resources`` has what each says.
        """
        resources = [self._resource(event) for event in events]
        shared = {key: value if all(r[key] == value for r in resources) else "" for key, value in resources[0].items()}
        if len(events) > 1:
            shared |= {"kind": _plural(shared["kind"]) or "Resources", "change": _plural_change(shared["change"])}
        facts = shared | {
            "lead": f"{shared['kind']} ",
            "what": _enumerated([one_line(r["name"] or r["resource_id"], _NAME_LIMIT) for r in resources]),
            "resources": resources,
            "named": resources[:_MOST_NAMED],
            "unnamed": resources[_MOST_NAMED:],
            "name_unavailable": next((r["name_unavailable"] for r in resources if r["name_unavailable"]), ""),
            "drill": events[0].drill,
            "owner": one_line(decision.owner, _VALUE_LIMIT),
            "severity": decision.severity.name,
            "reason": decision.reason,
            "routing": self._routing.digest,
            # Who cannot be tagged, or whose tags nobody here can read, is not muted by one.
            "mute_tag": decision.mute_tag if all(r["is_arn"] and not r["name_unavailable"] for r in resources) else "",
            "mute_until": self._mute_until(events[0].time),
        }
        if len(events) == 1 and facts["summary"] and not facts["is_arn"]:
            # No console knows what it is called: what its own people, or the catalogue, say of it is better.
            facts |= {"lead": "", "what": facts["summary"], "change": "", "summary": ""}
        return facts

    def _resource(self, event: ResourceEvent) -> dict[str, Any]:
        """What there is to say of one event."""
        arn = Arn.parse(event.resource)
        account_id = (arn and arn.account_id) or event.account_id
        utc, local = event.time.astimezone(UTC), _in_zone(event.time, self._routing.zone)
        as_of = event.tags.as_of if event.tags.status is TagsStatus.CACHED else None
        link = event.link or (instance_url(arn) if _is_instance(arn) else "")
        values = {
            "kind": _kind(event, arn),
            "name": event.name,
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
            "type": event.type,
            "event_id": event.id,
            "tags_as_of": _in_zone(as_of, self._routing.zone).strftime(_DATE_FORMAT) if as_of else "",
            "name_unavailable": event.tags.unavailable if arn else "",
        }
        return {key: one_line(value, _VALUE_LIMIT) for key, value in values.items()} | {
            "change": _change(arn, one_line(event.state, _VALUE_LIMIT)),
            "is_arn": arn is not None,
            "console_url": link,
            "console_name": "the AWS console" if is_console(urlsplit(link).netloc) else urlsplit(link).netloc,
        }

    def _mute_until(self, time: datetime) -> str:
        """A date to mute a resource until: a week on, or as far ahead as it may be; empty where there is none."""
        days = min(_MUTE_DAYS, self._routing.bounds.max_mute_days - 1)  # a date lasts to its end
        try:
            return (_in_zone(time, self._routing.zone) + timedelta(days=days)).date().isoformat() if days >= 0 else ""
        except OverflowError:
            return ""


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


def _plural_change(change: str) -> str:
    """`` has stopped`` → `` have stopped``."""
    verb, _, rest = change.strip().partition(" ")
    return f" {_VERBS[verb]} {rest}" if change.startswith(" ") else change


def _plural(kind: str) -> str:
    """``EC2 instance`` → ``EC2 instances``, ``IAM policy`` → ``IAM policies``; a service alone stays what it is."""
    if " " not in kind or kind in _SERVICES.values():
        return kind
    if kind.endswith("y") and kind[-2] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}es" if kind.endswith(("s", "x", "ch", "sh")) else f"{kind}s"


def _enumerated(names: Sequence[str]) -> str:
    """``a``; ``a and b``; ``a, b and c``; ``a, b and 3 more``; instances of a group may share a name: ``a (5)``."""
    counts = Counter(names)
    texts = [name if count == 1 else f"{name} ({count})" for name, count in counts.items()]
    if len(texts) > _MOST_ENUMERATED:
        more = sum(list(counts.values())[_MOST_ENUMERATED - 1 :])
        texts = [*texts[: _MOST_ENUMERATED - 1], f"{more} more"]
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _plain(facts: Mapping[str, Any]) -> Words:
    """The same facts without a template."""
    mark = "[DRILL] " if facts["drill"] else ""
    several: Sequence[Mapping[str, str]] = facts["resources"] if len(facts["resources"]) > 1 else ()
    texts = [fact for one in (facts, *several) for fact in one.items() if fact[1] and isinstance(fact[1], str)]
    return Words(
        subject=f"{mark}{facts['lead']}{facts['what']}{facts['change']}",
        text="\n".join(f"{key}: {value}" for key, value in texts),
        html=None,
    )
