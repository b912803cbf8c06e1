"""The routing file as the functions use it: owners, destinations, routes, ignores, and what tag keys mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.parent import Parent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.routing.facts import FROM_TAGS, Account
from infra_events.routing.rules import Condition, Rules, Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A named owner: the tag values that mean it, and whether its events also go to a dedicated topic."""

    aliases: Sequence[str] = ()
    topic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """The owner of a resource, and the tag that names it; without an owner, ``reason`` states why none is known.

    ``parent`` is whose tag it is, empty where it is the resource's.
    """

    owner: str
    reason: str
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A named destination: its targets (addresses) by channel name."""

    targets: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTag:
    """A tag that suppresses a resource's events, with any of the values, compared without case."""

    key: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagKeys:
    """What tag keys mean. Keys are compared without case; of several, the first with a usable value counts.

    Of the keys of owners all count where ``owner_keys`` is ``all``, and each may name several owners, with any of the
    characters of ``split`` between them; ``owner_case`` is ``exact`` or ``ignore``.
    """

    name: Sequence[str] = ("Name",)
    owner: Sequence[str] = ("Owner",)
    owner_keys: str = "first"
    owner_case: str = "exact"
    split: str = ""
    ignore: Sequence[ControlTag] = (ControlTag(key="notify:ignore", values=("true",)),)
    mute_until: str = "notify:mute-until"
    severity: str = "notify:severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of what tags may do: days that a mute may lie ahead, severities to set, types that are never silenced.

    ``protected`` has the catalogue's security types and those that the routing file adds; none can be removed.
    """

    max_mute_days: int = 30
    at_least: Severity = Severity.DEBUG
    at_most: Severity = Severity.FATAL
    protected: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """Sets the severity of events that ``match``; the first such rule counts."""

    name: str
    match: Sequence[Condition]
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Leads events that ``match`` to destinations; later routes are tried only with ``proceed``."""

    name: str
    match: Sequence[Condition]
    to: Sequence[str]
    proceed: bool = False


ALWAYS = datetime.min.replace(tzinfo=UTC)
"""The beginning of an ignore that holds at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Suppresses events that ``match``, from ``begins`` until ``expires`` (both aware), for a reason."""

    name: str
    match: Sequence[Condition]
    reason: str
    begins: datetime = ALWAYS
    expires: datetime

    @property
    def needs_tags(self) -> bool:
        """Whether a condition compares a fact that is known only once tags are."""
        return any(c.key.startswith(FROM_TAGS) for c in self.match)


_UNKNOWN = Account()


def account_id_of(event: ResourceEvent) -> str:
    """Return the account that the resource is in, by its ARN; else the event's.

    An administrator's account reports findings of others.
    """
    arn = Arn.parse(event.resource)
    return arn.account_id if arn and arn.account_id.isdecimal() else event.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """One environment's routing file, compiled, with its ``accounts`` by id. ``digest`` names its version."""

    digest: str
    fallback: str
    zone: ZoneInfo
    tags: TagKeys = field(default_factory=TagKeys)
    bounds: Bounds = field(default_factory=Bounds)
    owners: Mapping[str, Owner] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    destinations: Mapping[str, Destination]
    severity_rules: Rules[SeverityRule] = field(default_factory=lambda: Rules(()))
    routes: Rules[Route] = field(default_factory=lambda: Rules(()))
    early_ignores: Rules[Ignore] = field(default_factory=lambda: Rules(()))
    late_ignores: Rules[Ignore] = field(default_factory=lambda: Rules(()))
    _owners_by_value: Mapping[str, str] = field(init=False, repr=False)
    _protected: Texts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the owners by every tag value that means them, and the protected types by what they are."""
        by_value = {self._key(value): name for name, owner in self.owners.items() for value in (name, *owner.aliases)}
        object.__setattr__(self, "_owners_by_value", by_value)
        object.__setattr__(self, "_protected", Texts("type", self.bounds.protected))

    def name_of(self, event: ResourceEvent) -> str:
        """Return the name that tags give the event's resource; empty without such a tag."""
        folded = event.tags.folded()
        return next((name for key in self.tags.name if (name := folded.get(key.casefold(), "").strip())), "")

    def owner_of(self, event: ResourceEvent) -> Ownership:
        """Return the owner of the event's resource; of several, the one that is named first."""
        return self.owners_of(event)[0]

    def owners_of(self, event: ResourceEvent) -> Sequence[Ownership]:
        """Return the owners of the event's resource: those that its tags name, else those that its nearest parent's do.

        Where no tags name one, it is the known one that the event itself names, else the default owner of the account;
        where there is none, the result is one ownership without an owner.
        """
        for tags, parent in event.sources_of_tags():
            if found := self._owners_by_tags(tags, parent):
                return found
        why = self._why_unowned(event, event.tags.folded())
        account_id, default = account_id_of(event), self.account_of(event).default_owner
        if event.owner in self.owners and event.owner != default:
            return (Ownership(owner=event.owner, reason=f"owner {event.owner}, as the event says"),)
        if default in self.owners:
            reason = f"owner {default}, the default of account {self.account_name(account_id)} ({why})"
            return (Ownership(owner=default, reason=reason),)
        return (Ownership(owner="", reason=why),)

    def _owners_by_tags(self, tags: Tags, parent: Parent | None) -> Sequence[Ownership]:
        """Return the owners that the tags of the resource, or of a parent, name."""
        folded = tags.folded()
        found: dict[str, Ownership] = {}
        uid = parent.resource if parent else ""
        for key in self.tags.owner:
            value = folded.get(key.casefold(), "").strip()
            for owner in self._named_by(value):
                reason = f"tag {key}={value}{whose(parent)}"
                found.setdefault(owner, Ownership(owner=owner, reason=reason, parent=uid))
            if found and self.tags.owner_keys == "first":
                break
        return tuple(found.values())

    def account_of(self, event: ResourceEvent) -> Account:
        """Return what is known of the account of the event's resource; an empty one where nothing is."""
        return self.accounts.get(account_id_of(event), _UNKNOWN)

    def account_name(self, account_id: str) -> str:
        """Return how people call an account: ``prod (111122223333)``, or its id alone."""
        name = self.accounts.get(account_id, _UNKNOWN).name
        return f"{name} ({account_id})" if name else account_id

    def protects(self, event_type: str) -> bool:
        """Return whether a type is protected: no tag and no ignore suppresses its events."""
        return event_type in self._protected

    def _key(self, value: str) -> str:
        """Return what the values that mean one owner have in common."""
        return value.casefold() if self.tags.owner_case == "ignore" else value

    def _named_by(self, value: str) -> Sequence[str]:
        """Return the owners that a tag's value names: one by the whole value, else those of its parts."""
        if whole := self._owners_by_value.get(self._key(value)):
            return (whole,)
        parts = re.split(f"[{re.escape(self.tags.split)}]", value) if self.tags.split else ()
        return [owner for part in parts if (owner := self._owners_by_value.get(self._key(part.strip())))]

    def _why_unowned(self, event: ResourceEvent, folded: Mapping[str, str]) -> str:
        asked = ", ".join(
            parent.label + (" (not available)" if parent.tags.status is TagsStatus.UNAVAILABLE else "")
            for parent in event.parents
        )
        return self._why_own_tags_name_none(event, folded) + (f", and no tags of {asked} name one" if asked else "")

    def _why_own_tags_name_none(self, event: ResourceEvent, folded: Mapping[str, str]) -> str:
        if event.tags.status is TagsStatus.UNAVAILABLE:
            of_aws = Arn.parse(event.resource)
            return "its tags are not available" if of_aws else "it is no AWS resource, so no tag names one"
        found = [f"{key}={folded[key.casefold()]}" for key in self.tags.owner if key.casefold() in folded]
        if found:
            return f"tag {', '.join(found)} names no known owner"
        return f"no tag {' or '.join(self.tags.owner)}"


def whose(parent: Parent | None) -> str:
    """Return the words that follow a tag to state whose it is: `` of service api``; nothing for the resource's own."""
    return f" of {parent.label}" if parent else ""
