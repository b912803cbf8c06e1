"""Who is told of an event, and why: the one function behind the Lambda, ``explain``, ``backtest`` and the file's tests.

The order of decisions is fixed: ignore on what the event itself says → owner by tag → severity (rules, then tag) →
ignore and mute by tag → ignore on what tags say → routes → fallback. docs/routing.md explains each.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.tags import TagsStatus
from infra_events.routing.rules import TAG, Condition, Rules, glob

PROTECTED = (
    "infra.aws.cloudtrail.api_call.failed",  # of somebody who tried
    "infra.aws.cloudtrail.logging.*",
    "infra.aws.config.api_call.failed",
    "infra.aws.config.recording.stopped",
    "infra.aws.guardduty.*",
    "infra.aws.health.credentials.exposed",
    "infra.aws.iam.root.*",
    "infra.aws.s3.*.public_access_block_changed",
    "infra.aws.signin.api_call.failed",
    "infra.aws.signin.root.*",
    "infra.aws.trustedadvisor.credentials.exposed",
)
"""Security types: the right to tag is not the right to silence these. A routing file may add to them, not take away."""

FIELDS = (
    "type",
    "service",
    "source",
    "account_id",
    "region",
    "resource",
    "resource_type",
    "resource_id",
    "from",
    "to",
    "phase",
    "transitional",
    "status",
    "actor",
    "drill",
)
"""What an event itself says; a rule on these alone needs no tags."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
"""RFC 3339, with seconds and zone left out or not. Python reads more: weeks, and 20260131 as that day's beginning."""

_TAGGED = (TAG, "name", "owner", "severity")
"""What is known only once tags are: the severity may be set by rules on them."""


class Result(StrEnum):
    """What becomes of an event, as far as people are concerned; machines get it in any case."""

    SEND = "send"
    SUPPRESS = "suppress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A named owner and the tag values that mean it; with ``topic`` its events have a topic of their own."""

    aliases: Sequence[str] = ()
    topic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A named destination: its addresses, by channel."""

    emails: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTag:
    """A tag by which a resource's owner asks for silence: any of the values, in any case."""

    key: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagKeys:
    """What tag keys mean. Keys are compared without case; the first of several that says something counts."""

    name: Sequence[str] = ("Name",)
    owner: Sequence[str] = ("Owner",)
    ignore: Sequence[ControlTag] = (ControlTag(key="notify:ignore", values=("true",)),)
    mute_until: str = "notify:mute-until"
    severity: str = "notify:severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far the right to tag goes: days a mute may lie ahead, severities a tag may set, types it cannot silence."""

    max_mute_days: int = 30
    least_severity: Severity = Severity.DEBUG
    most_severity: Severity = Severity.FATAL
    protected: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """What applies where ``match`` holds sets the severity; the first such rule counts."""

    name: str
    match: Sequence[Condition]
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where events go that ``match``; the next routes are looked at only with ``proceed``."""

    name: str
    match: Sequence[Condition]
    to: Sequence[str]
    proceed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Events that people need not hear of, why, and until when (aware)."""

    name: str
    match: Sequence[Condition]
    reason: str
    expires: datetime

    @property
    def needs_tags(self) -> bool:
        """Whether it can only be judged once tags are known."""
        return any(c.key.startswith(_TAGGED) for c in self.match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a decision: its name, what it came to, and why."""

    step: str
    result: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who is told of an event. ``destinations`` is empty only when nobody is; ``reason`` speaks to those who are.

    ``routes`` are those that matched; none means the fallback. ``mute_tag`` is the tag with which the resource can be
    muted, empty where it cannot.
    """

    result: Result
    owner: str
    severity: Severity
    routes: Sequence[str] = ()
    destinations: Sequence[str] = ()
    reason: str
    steps: Sequence[Step]
    mute_tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """One environment's routing file, compiled. ``digest`` names its version."""

    digest: str
    fallback: str
    zone: ZoneInfo
    tags: TagKeys = field(default_factory=TagKeys)
    bounds: Bounds = field(default_factory=Bounds)
    owners: Mapping[str, Owner] = field(default_factory=dict)
    destinations: Mapping[str, Destination]
    severity_rules: Rules[SeverityRule] = field(default_factory=lambda: Rules(()))
    routes: Rules[Route] = field(default_factory=lambda: Rules(()))
    early_ignores: Rules[Ignore] = field(default_factory=lambda: Rules(()))
    late_ignores: Rules[Ignore] = field(default_factory=lambda: Rules(()))
    _owners_by_value: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """File the owners under all that tags may call them."""
        by_value = {value: name for name, owner in self.owners.items() for value in (name, *owner.aliases)}
        object.__setattr__(self, "_owners_by_value", by_value)

    def name_of(self, event: ResourceEvent) -> str:
        """What people call the event's resource; empty where no tag says."""
        folded = event.tags.folded()
        return next((name for key in self.tags.name if (name := folded.get(key.casefold(), "").strip())), "")

    def owner_of(self, event: ResourceEvent) -> tuple[str, str]:
        """Name the owner of the event's resource, and what says so; both empty where none is known."""
        folded = event.tags.folded()
        for key in self.tags.owner:
            value = folded.get(key.casefold(), "").strip()
            if value in self._owners_by_value:
                return self._owners_by_value[value], f"tag {key}={value}"
        if event.owner in self.owners:
            return event.owner, f"owner {event.owner}, as the event says"
        return "", ""

    def protects(self, event_type: str) -> bool:
        """Tell whether a type is one that no tag and no ignore silences."""
        return any(glob(pattern, event_type) for pattern in (*PROTECTED, *self.bounds.protected))

    def ignored(self, event: ResourceEvent, at: datetime) -> Decision | None:
        """Decide on what the event itself says, where that is enough: it is ignored, and its tags need not be read."""
        return _Decider(self, event, at).ignore(self.early_ignores)

    def decide(self, event: ResourceEvent, at: datetime) -> Decision:
        """Decide as of ``at`` (aware). The event carries its tags, or says that they are not to be had."""
        return _Decider(self, event, at).decide()


class _Decider:
    """One decision in the making."""

    def __init__(self, routing: Routing, event: ResourceEvent, at: datetime) -> None:
        self._routing = routing
        self._event = event
        self._at = at
        self._facts = _facts(event)
        self._owner = ""
        self._owner_why = ""
        self._severity = event.severity
        self._protected = routing.protects(event.type)
        self._remarks: list[str] = []
        self._steps: list[Step] = []

    def decide(self) -> Decision:
        if ignored := self.ignore(self._routing.early_ignores):
            return ignored
        self._read_tags()
        silenced = self._ignore_by_tag() or self._mute_by_tag()
        return silenced or self.ignore(self._routing.late_ignores) or self._route()

    def ignore(self, rules: Rules[Ignore]) -> Decision | None:
        """Whether a rule of the file spares people this event; an expired one, or one against a protected type, not."""
        step = "ignore" if rules is self._routing.early_ignores else "ignore by tags"
        passed = []
        for rule in rules.matching(self._facts):
            if self._protected:
                passed.append(f"{rule.name} does not hold: {self._event.type} is protected")
            elif self._at >= rule.expires:
                passed.append(f"{rule.name} expired {rule.expires.isoformat()}")
            else:
                return self._suppress(step, f"ignored by {rule.name}: {rule.reason}")
        self._step(step, "kept", "; ".join(passed) or "no rule matched")
        return None

    def _read_tags(self) -> None:
        """Add what tags say to the facts: who owns it, what it is called, and how serious it is."""
        tags, folded = self._event.tags, self._event.tags.folded()
        self._facts |= {TAG + key: value for key, value in folded.items()}
        self._step("tags", tags.status.value, tags.unavailable or (tags.as_of.isoformat() if tags.as_of else ""))
        if name := self._event.name or self._routing.name_of(self._event):
            self._facts["name"] = name
        self._owner, self._owner_why = self._routing.owner_of(self._event)
        if self._owner:
            self._facts["owner"] = self._owner
        else:
            self._owner_why = self._why_unowned(folded)
        self._step("owner", self._owner or "none", self._owner_why)
        self._set_severity(folded)

    def _why_unowned(self, folded: Mapping[str, str]) -> str:
        if self._event.tags.status is TagsStatus.UNAVAILABLE:
            of_aws = Arn.parse(self._event.resource)
            return "its tags are not available" if of_aws else "it is no AWS resource, so no tag names one"
        found = [f"{key}={folded[key.casefold()]}" for key in self._routing.tags.owner if key.casefold() in folded]
        if found:
            return f"tag {', '.join(found)} names no known owner"
        return f"no tag {' or '.join(self._routing.tags.owner)}"

    def _set_severity(self, folded: Mapping[str, str]) -> None:
        """By the first rule that matches, then by the tag, within its bounds."""
        why = "as the event says"
        rule = next(self._routing.severity_rules.matching(self._facts), None)
        if rule:
            self._severity, why = rule.severity, f"severity rule {rule.name}"
        key = self._routing.tags.severity
        if key and (wanted := folded.get(key.casefold(), "").strip()):
            why = self._set_severity_by_tag(f"{key}={wanted}", wanted.upper()) or why
        self._facts["severity"] = self._severity.name
        self._step("severity", self._severity.name, why)

    def _set_severity_by_tag(self, tag: str, wanted: str) -> str:
        if wanted not in Severity.__members__:
            self._remarks.append(f"{tag} is not followed: a severity is one of {', '.join(Severity.__members__)}")
            return ""
        bounds = self._routing.bounds
        severity = min(max(Severity[wanted], bounds.least_severity), bounds.most_severity)
        if self._protected and severity < self._severity:
            self._remarks.append(f"{tag} is not followed: {self._event.type} is protected")
            return ""
        self._severity = severity
        return f"tag {tag}" + ("" if severity.name == wanted else ", within the bounds of the routing file")

    def _ignore_by_tag(self) -> Decision | None:
        why = "not tagged so"
        for tag in self._routing.tags.ignore:
            value = self._facts.get(TAG + tag.key.casefold(), "").strip()
            if value.casefold() not in [v.casefold() for v in tag.values]:
                continue
            if not self._protected:
                return self._suppress("ignore tag", f"tag {tag.key}={value}")
            why = f"tag {tag.key}={value} is not followed: {self._event.type} is protected"
            self._remarks.append(why)
        self._step("ignore tag", "kept", why)
        return None

    def _mute_by_tag(self) -> Decision | None:
        key = self._routing.tags.mute_until
        text = self._facts.get(TAG + key.casefold(), "").strip() if key else ""
        if not text:
            self._step("mute tag", "kept", "not tagged so")
            return None
        until, tag = _moment(text, self._routing.zone), f"tag {key}={text}"
        most = timedelta(days=self._routing.bounds.max_mute_days)
        if until is None:
            why = f"{tag} is not followed: it is no date or time such as 2026-01-31 or 2026-01-31T12:00:00Z"
        elif self._at >= until:
            self._step("mute tag", "kept", f"{tag} is over")
            return None
        elif until - self._at > most:
            why = f"{tag} is not followed: it lies more than {most.days} days ahead"
        elif self._protected:
            why = f"{tag} is not followed: {self._event.type} is protected"
        else:
            return self._suppress("mute tag", f"muted by {tag}")
        self._remarks.append(why)
        self._step("mute tag", "kept", why)
        return None

    def _route(self) -> Decision:
        routes = []
        for route in self._routing.routes.matching(self._facts):
            routes.append(route)
            if not route.proceed:
                break
        if not routes:
            whose = f"{self._owner} owns it" if self._owner else f"nobody owns it: {self._owner_why}"
            why = f"no route matched, and {whose}"
            self._step("routes", "none", "no route matched")
            self._step("fallback", self._routing.fallback, why)
            return self._send((), (self._routing.fallback,), why)
        for route in routes:
            self._step("routes", route.name, self._because(route))
        names = tuple(route.name for route in routes)
        destinations = tuple(dict.fromkeys(name for route in routes for name in route.to))
        reason = "; ".join(f"route {route.name} matched {self._because(route)}" for route in routes)
        return self._send(names, destinations, reason)

    def _because(self, route: Route) -> str:
        """Name the facts that a route matched, in words of the event's own."""
        return " and ".join(self._fact(condition) for condition in route.match) or "every event"

    def _fact(self, condition: Condition) -> str:
        key, fact = condition.key, self._facts.get(condition.key)
        if fact is None:
            return f"no {condition.label.replace(TAG, 'tag ')}"
        if key == "owner":
            return self._owner_why
        return f"tag {condition.label.removeprefix(TAG)}={fact}" if key.startswith(TAG) else f"{key} {fact}"

    def _step(self, step: str, result: str, why: str) -> None:
        self._steps.append(Step(step=step, result=result, why=why))

    def _suppress(self, step: str, reason: str) -> Decision:
        self._step(step, "suppressed", reason)
        return Decision(
            result=Result.SUPPRESS,
            owner=self._owner,
            severity=self._severity,
            reason=reason,
            steps=tuple(self._steps),
        )

    def _send(self, routes: Sequence[str], destinations: Sequence[str], reason: str) -> Decision:
        return Decision(
            result=Result.SEND,
            owner=self._owner,
            severity=self._severity,
            routes=routes,
            destinations=destinations,
            reason="; ".join((reason, *self._remarks)),
            steps=tuple(self._steps),
            mute_tag="" if self._protected else self._routing.tags.mute_until,
        )


def _facts(event: ResourceEvent) -> dict[str, str]:
    """What the event itself says (``FIELDS``); what it does not say is absent."""
    arn = Arn.parse(event.resource)
    facts = {
        "type": event.type,
        "service": event.service,
        "source": event.source,
        "account_id": event.account_id,
        "region": event.region or (arn.region if arn else ""),
        "resource": event.resource,
        "resource_type": f"{arn.service}:{arn.resource_type}".rstrip(":") if arn else "",
        "resource_id": arn.resource_id if arn else event.resource,
        "from": event.previous_state,
        "to": event.state,
        "phase": event.phase or "",
        "transitional": "true" if event.transitional else "false",
        "status": event.status,
        "actor": event.actor,
        "drill": "true" if event.drill else "false",
        # What rules and tags may change; severity rules match the event's own.
        "severity": event.severity.name,
    }
    return {key: fact for key, fact in facts.items() if fact}


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read an RFC 3339 time, or a date, which lasts to its end in ``zone``; None for anything else."""
    try:
        return expiry(text, zone)
    except (ValueError, OverflowError):
        return None


def expiry(text: str, zone: ZoneInfo) -> datetime:
    """Read when something ends: an RFC 3339 time (in ``zone`` if it names none), or the end of a date there.

    Raises ValueError or OverflowError.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
