"""Who receives an event, and why: the one decision behind the Lambda, ``explain``, ``backtest`` and the file's tests.

The order of steps is fixed: ignore by what the event itself states → owner by tag → severity (rules, then tag) →
ignore and mute by tag → ignore by facts from tags → routes → fallback. docs/routing.md explains each. Of several owners
each has the steps after the first, and what they lead to is joined.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from zoneinfo import ZoneInfo

from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.time import days_ahead, expiry
from infra_events.routing.facts import LABEL, TAG, facts_of
from infra_events.routing.model import Ignore, Ownership, Route, Routing, whose
from infra_events.routing.rules import Condition, Rules


class Result(StrEnum):
    """What becomes of an event as far as people are concerned; machines receive it in any case."""

    SEND = "send"
    SUPPRESS = "suppress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a decision: its name, its result, and why."""

    step: str
    result: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who receives an event. ``destinations`` is empty exactly when it is suppressed; people read ``reason``.

    ``routes`` are those that matched; none means the fallback. ``owner_why`` is why the owner is the owner, or why
    nobody is; it is empty where the event was ignored before that was known. ``mute_tag`` is the tag with which the
    resource can be muted, empty where it cannot.
    """

    result: Result
    owner: str
    severity: Severity
    routes: Sequence[str] = ()
    destinations: Sequence[str] = ()
    reason: str
    steps: Sequence[Step]
    mute_tag: str = ""
    owner_why: str = ""


_NOT_READ = Ownership(owner="", reason="")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An event that is being decided on, as of ``at``: its facts as far as they are known, and the steps so far.

    ``remarks`` are what the people who receive it should know: which of their tags were not followed, and why.
    """

    event: ResourceEvent
    at: datetime
    protected: bool
    facts: Mapping[str, str]
    severity: Severity
    ownership: Ownership = _NOT_READ
    remarks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    def tag(self, key: str) -> tuple[str, str]:
        """Return the value of a tag without the spaces around it, and the words for it; empty ones without a tag.

        Where the resource has no such tag, that of its nearest parent which has one counts.
        """
        folded = key.casefold()
        if not key:
            return "", ""
        if value := self.facts.get(TAG + folded, "").strip():
            return value, f"{key}={value}"
        for parent in self.event.parents:
            if value := parent.tags.folded().get(folded, "").strip():
                return value, f"{key}={value}{whose(parent)}"
        return "", ""

    def after(self, step: str, result: str, why: str, *, remark: str = "") -> "_Case":
        """Return the case with one more step, and a remark if there is one."""
        steps = (*self.steps, Step(step=step, result=result, why=why))
        return replace(self, steps=steps, remarks=(*self.remarks, remark) if remark else self.remarks)

    def suppressed(self, step: str, reason: str) -> Decision:
        """Return the decision to suppress, with this as the last step."""
        steps = self.after(step, "suppressed", reason).steps
        return Decision(
            result=Result.SUPPRESS,
            owner=self.ownership.owner,
            owner_why=self.ownership.reason,
            severity=self.severity,
            reason=reason,
            steps=steps,
        )


_CaseOrDecision = _Case | Decision
"""What a step returns: the case for the next step, or the decision."""


def ignored(routing: Routing, event: ResourceEvent, at: datetime) -> Decision | None:
    """Return the decision to suppress where what the event itself states is enough for it, so no tags need be read."""
    outcome = _ignore_early(routing, _case(routing, event, at))
    return outcome if isinstance(outcome, Decision) else None


def decide(routing: Routing, event: ResourceEvent, at: datetime) -> Decision:
    """Return the decision as of ``at`` (aware) on an event that carries its tags, or why they are unavailable."""
    kept = _ignore_early(routing, _case(routing, event, at))
    if isinstance(kept, Decision):
        return kept
    case = _read_tags(routing, kept)
    outcomes = [_decide_for(ownership, routing, case) for ownership in routing.owners_of(event)]
    sent = [outcome for outcome in outcomes if isinstance(outcome, _Sent)]
    common = len(case.steps)
    steps = (*case.steps, *chain.from_iterable(outcome.steps[common:] for outcome in outcomes))
    if not sent:
        suppressed = [outcome for outcome in outcomes if isinstance(outcome, Decision)]
        return replace(suppressed[0], reason=_joined(one.reason for one in suppressed), steps=steps)
    return _send(routing, [one for one in sent if one.routes] or sent, steps)


def _decide_for(ownership: Ownership, routing: Routing, case: _Case) -> "_Sent | Decision":
    """Decide on an event as if this were its only owner."""
    facts = {**case.facts, "owner": ownership.owner} if ownership.owner else case.facts
    owned = replace(case, ownership=ownership, facts=facts).after("owner", ownership.owner or "none", ownership.reason)
    for step in _STEPS:
        outcome = step(routing, owned)
        if isinstance(outcome, Decision):
            return outcome
        owned = outcome
    return _route(routing, owned)


def _case(routing: Routing, event: ResourceEvent, at: datetime) -> _Case:
    protected, facts = routing.protects(event.type), facts_of(event, routing.account_of(event))
    return _Case(event=event, at=at, protected=protected, facts=facts, severity=event.severity)


def _ignore_early(routing: Routing, case: _Case) -> _CaseOrDecision:
    return _ignore("ignore", routing.early_ignores, case)


def _ignore_late(routing: Routing, case: _Case) -> _CaseOrDecision:
    return _ignore("ignore by tags", routing.late_ignores, case)


def _ignore(step: str, rules: Rules[Ignore], case: _Case) -> _CaseOrDecision:
    """Suppress by the first rule that matches and holds.

    One that has not begun, that expired, or that meets a protected type does not hold.
    """
    passed = []
    for rule in rules.matching(case.facts):
        if case.protected:
            passed.append(f"{rule.name} does not hold: {case.event.type} is protected")
        elif case.at < rule.begins:
            passed.append(f"{rule.name} begins {rule.begins.isoformat()}")
        elif case.at >= rule.expires:
            passed.append(f"{rule.name} expired {rule.expires.isoformat()}")
        else:
            return case.suppressed(step, f"ignored by {rule.name}: {rule.reason}")
    return case.after(step, "kept", "; ".join(passed) or "no rule matched")


def _read_tags(routing: Routing, case: _Case) -> _Case:
    """Add the tags and the resource's name to the facts."""
    tags = case.event.tags
    facts = {**case.facts, **{TAG + key: value for key, value in tags.folded().items()}}
    if name := case.event.name or routing.name_of(case.event):
        facts["name"] = name
    why = tags.unavailable or (tags.as_of.isoformat() if tags.as_of else "")
    case = replace(case, facts=facts).after("tags", tags.status.value, why)
    for parent in case.event.parents:
        known = parent.tags.status.value
        case = case.after(f"tags of {parent.label}", known, parent.tags.unavailable or parent.resource)
    return case


def _set_severity(routing: Routing, case: _Case) -> _Case:
    """Set the severity by the first rule that matches, then by the tag, within its bounds."""
    rule = next(routing.severity_rules.matching(case.facts), None)
    why = f"severity rule {rule.name}" if rule else "as the event says"
    severity = rule.severity if rule else case.severity
    key, bounds = routing.tags.severity, routing.bounds
    text, tag = case.tag(key)
    if not text:
        return _with_severity(case, severity, why)
    wanted = text.upper()
    if wanted not in Severity.__members__:
        names = ", ".join(Severity.__members__)
        return _with_severity(case, severity, why, remark=f"{tag} is not followed: a severity is one of {names}")
    by_tag = min(max(Severity[wanted], bounds.at_least), bounds.at_most)
    if case.protected and by_tag < severity:
        return _with_severity(case, severity, why, remark=f"{tag} is not followed: {case.event.type} is protected")
    changed = "" if by_tag.name == wanted else ", within the bounds of the routing file"
    return _with_severity(case, by_tag, f"tag {tag}{changed}")


def _with_severity(case: _Case, severity: Severity, why: str, *, remark: str = "") -> _Case:
    known = replace(case, severity=severity, facts={**case.facts, "severity": severity.name})
    return known.after("severity", severity.name, why, remark=remark)


def _follow_ignore_tag(routing: Routing, case: _Case) -> _CaseOrDecision:
    why, remarks = "not tagged so", []
    for tag in routing.tags.ignore:
        value, named = case.tag(tag.key)
        if value.casefold() not in [v.casefold() for v in tag.values]:
            continue
        if not case.protected:
            return case.suppressed("ignore tag", f"tag {named}")
        why = f"tag {named} is not followed: {case.event.type} is protected"
        remarks.append(why)
    return replace(case, remarks=(*case.remarks, *remarks)).after("ignore tag", "kept", why)


def _follow_mute_tag(routing: Routing, case: _Case) -> _CaseOrDecision:
    step, key = "mute tag", routing.tags.mute_until
    text, named = case.tag(key)
    if not text:
        return case.after(step, "kept", "not tagged so")
    tag, until, most = f"tag {named}", _end(text, routing.zone), timedelta(days=routing.bounds.max_mute_days)
    if until is not None and case.at >= until:
        return case.after(step, "kept", f"{tag} is over")
    if until is None:
        why = "it is no date or time such as 2026-01-31 or 2026-01-31T12:00:00Z"
    elif days_ahead(until, case.at, routing.zone) > most:
        why = f"it lies more than {most.days} days ahead"
    elif case.protected:
        why = f"{case.event.type} is protected"
    else:
        return case.suppressed(step, f"muted by {tag}")
    why = f"{tag} is not followed: {why}"
    return case.after(step, "kept", why, remark=why)


_STEPS: Sequence[Callable[[Routing, _Case], _CaseOrDecision]] = (
    _set_severity,
    _follow_ignore_tag,
    _follow_mute_tag,
    _ignore_late,
)
"""The steps after the owner is known, in this order; each sees the facts that those before it found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """Where an event goes for the sake of one owner, or of nobody; without ``routes`` to the fallback."""

    case: _Case
    routes: Sequence[Route]
    why: str

    @property
    def steps(self) -> Sequence[Step]:
        """The steps that led there."""
        return self.case.steps


def _route(routing: Routing, case: _Case) -> _Sent:
    """Send to the destinations of all routes up to the first that ends the search; without a route, to the fallback."""
    matched: list[Route] = []
    for route in routing.routes.matching(case.facts):
        matched.append(route)
        if not route.proceed:
            break
    if not matched:
        owner = case.ownership.owner
        whose = f"{owner} owns it" if owner else f"nobody owns it: {case.ownership.reason}"
        why = f"no route matched, and {whose}"
        case = case.after("routes", "none", "no route matched").after("fallback", routing.fallback, why)
        return _Sent(case=case, routes=(), why=why)
    for route in matched:
        case = case.after("routes", route.name, _because(case, route))
    why = "; ".join(f"route {route.name} matched {_because(case, route)}" for route in matched)
    return _Sent(case=case, routes=matched, why=why)


def _send(routing: Routing, each: Sequence[_Sent], steps: Sequence[Step]) -> Decision:
    """Join what is sent for each owner; the first is the owner, and the highest severity counts."""
    first = each[0].case
    routes = list(chain.from_iterable(one.routes for one in each))
    remarks = chain.from_iterable(one.case.remarks for one in each)
    return Decision(
        result=Result.SEND,
        owner=first.ownership.owner,
        owner_why=_joined(one.case.ownership.reason for one in each),
        severity=max(one.case.severity for one in each),
        routes=tuple(dict.fromkeys(route.name for route in routes)),
        destinations=tuple(dict.fromkeys(name for route in routes for name in route.to)) or (routing.fallback,),
        reason=_joined(chain((one.why for one in each), remarks)),
        steps=steps,
        mute_tag="" if first.protected else routing.tags.mute_until,
    )


def _joined(reasons: Iterable[str]) -> str:
    """Return the reasons, each once, in one text."""
    return "; ".join(dict.fromkeys(reasons))


def _because(case: _Case, route: Route) -> str:
    """Name the facts that a route matched."""
    return " and ".join(_fact(case, condition) for condition in route.match) or "every event"


def _fact(case: _Case, condition: Condition) -> str:
    key, fact = condition.key, case.facts.get(condition.key)
    if fact is None:
        return f"no {condition.label.replace(TAG, 'tag ').replace(LABEL, 'label ')}"
    if key == "owner":
        return case.ownership.reason
    if key.startswith(LABEL):
        return f"label {key.removeprefix(LABEL)}={fact}"
    return f"tag {condition.label.removeprefix(TAG)}={fact}" if key.startswith(TAG) else f"{key} {fact}"


def _end(text: str, zone: ZoneInfo) -> datetime | None:
    """Return when a mute ends; None for a text that is no time."""
    try:
        return expiry(text, zone)
    except (ValueError, OverflowError):
        return None
