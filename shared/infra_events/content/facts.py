"""What the templates may name: the facts of the events that one notification reports.

Every value is foreign: it is one line of at most 256 characters before a template receives it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from infra_events.content import grammar
from infra_events.domain.arn import Arn
from infra_events.domain.console import console_host, is_console
from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import TagsStatus
from infra_events.domain.text import one_line
from infra_events.routing.decision import Decision
from infra_events.routing.model import Routing, account_id_of

_VALUE_LIMIT = 256
_NAME_LIMIT = 80  # in a subject, so that what happened still fits
_MOST_NAMED = 50
_MUTE_DAYS = 7
_TIME_FORMAT = "%a %d %b %Y, %H:%M:%S %Z"
_DATE_FORMAT = "%d %b %Y"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFacts:
    """The facts of one event; a text is empty where there is nothing to state.

    ``change`` follows a name (`` has stopped``). ``belongs_to`` are the resource's parents. ``time_local`` is empty
    where it equals UTC, ``tags_as_of`` where the tags are not from a snapshot. ``account`` is its name, if it has one,
    and its id. ``where`` is what both message versions carry, so that both make the same subject. ``name_unavailable``
    is why the tags of an ARN could not be read.
    """

    kind: str
    name: str
    resource_id: str
    resource: str
    state: str
    previous_state: str
    summary: str
    why: str
    actor: str
    belongs_to: str
    time_utc: str
    time_local: str
    account: str
    region: str
    where: str
    type: str
    event_id: str
    tags_as_of: str
    name_unavailable: str
    change: str
    is_arn: bool
    console_url: str
    console_name: str


def facts_of(events: Sequence[ResourceEvent], decision: Decision, routing: Routing) -> dict[str, Any]:
    """Return the facts of events that one notification reports, by the names that the templates use.

    At the top are the fields of ``ResourceFacts``, each empty where the events differ in it; ``resources`` has those of
    each event, ``named`` and ``unnamed`` the same in two parts.
    """
    resources = [_resource_facts(event, routing) for event in events]
    shared = _shared(resources)
    first_unavailable = next((one.name_unavailable for one in resources if one.name_unavailable), "")
    can_be_muted = all(one.is_arn and not one.name_unavailable for one in resources)
    result = shared | {
        "lead": f"{shared['kind']} ",
        "what": grammar.enumerated([one_line(one.name or one.resource_id, _NAME_LIMIT) for one in resources]),
        "resources": resources,
        "named": resources[:_MOST_NAMED],
        "unnamed": resources[_MOST_NAMED:],
        "name_unavailable": first_unavailable,
        "drill": events[0].drill,
        "owner": one_line(decision.owner, _VALUE_LIMIT),
        "severity": decision.severity.name,
        "reason": decision.reason,
        "routing": routing.digest,
        # No mute hint for a resource whose tags cannot be set, or cannot be read here.
        "mute_tag": decision.mute_tag if can_be_muted else "",
        "mute_until": _mute_until(events[0].time, routing),
    }
    if len(events) == 1 and result["summary"] and not result["is_arn"]:
        # Its id is in no console: the summary of its application, or of the catalogue, describes it better.
        result |= {"lead": "", "what": result["summary"], "change": "", "summary": ""}
    return result


def _shared(resources: Sequence[ResourceFacts]) -> dict[str, Any]:
    """Return each fact in which all resources agree, and an empty text for each in which they differ."""
    first, *others = [asdict(one) for one in resources]
    shared = {key: value if all(other[key] == value for other in others) else "" for key, value in first.items()}
    if others:
        shared["kind"] = grammar.plural_kind(shared["kind"]) or "Resources"
        shared["change"] = grammar.plural_change(shared["change"])
    return shared


def _resource_facts(event: ResourceEvent, routing: Routing) -> ResourceFacts:
    arn, zone = Arn.parse(event.resource), routing.zone
    service, resource_type = (arn.service, arn.resource_type) if arn else (event.service, "")
    account_id = account_id_of(event)
    utc, local = event.time.astimezone(UTC), _in_zone(event.time, zone)
    as_of = event.tags.as_of if event.tags.status is TagsStatus.CACHED else None
    link = event.link or (instance_url(arn) if arn and (service, resource_type) == ("ec2", "instance") else "")
    host = urlsplit(link).netloc
    texts = {
        "kind": grammar.kind(service, resource_type),
        "name": event.name,
        "resource_id": arn.resource_id if arn else event.resource,
        "resource": event.resource,
        "state": event.state,
        "previous_state": event.previous_state,
        "summary": event.summary,
        "why": event.reason,
        "actor": event.actor,
        "belongs_to": ", ".join(parent.label for parent in event.parents),
        "time_utc": utc.strftime(_TIME_FORMAT),
        "time_local": local.strftime(_TIME_FORMAT) if local.utcoffset() != utc.utcoffset() else "",
        "account": routing.account_name(account_id) or "unknown",
        "region": (arn and arn.region) or event.region or "global",
        "where": ", ".join(
            part for part in (routing.account_of(event).name or account_id, arn.region if arn else "") if part
        ),
        "type": event.type,
        "event_id": event.id,
        "tags_as_of": _in_zone(as_of, zone).strftime(_DATE_FORMAT) if as_of else "",
        "name_unavailable": event.tags.unavailable if arn else "",
    }
    return ResourceFacts(
        **{key: one_line(text, _VALUE_LIMIT) for key, text in texts.items()},
        change=grammar.change(service, resource_type, one_line(event.state, _VALUE_LIMIT)),
        is_arn=arn is not None,
        console_url=link,
        console_name="the AWS console" if is_console(host) else host,
    )


def instance_url(arn: Arn) -> str:
    """Return the console's page of an EC2 instance, since a version 1 message carries no link; empty without a host."""
    host = console_host(arn.partition, arn.region)
    instance = quote(arn.resource_id, safe="", errors="replace")
    return host and f"https://{host}/ec2/home?region={arn.region}#InstanceDetails:instanceId={instance}"


def _mute_until(time: datetime, routing: Routing) -> str:
    """Return the date until which a mail offers to mute: in a week, or the last that is allowed; empty without one."""
    days = min(_MUTE_DAYS, routing.bounds.max_mute_days - 1)  # a date lasts to its end
    try:
        return (_in_zone(time, routing.zone) + timedelta(days=days)).date().isoformat() if days >= 0 else ""
    except OverflowError:
        return ""


def _in_zone(time: datetime, zone: ZoneInfo) -> datetime:
    """Return a time in a zone; in UTC at the edge of the calendar, where the zone has no such time."""
    try:
        return time.astimezone(zone)
    except OverflowError:
        return time.astimezone(UTC)
