"""The routing file as the functions use it: owners, destinations, routes, ignores, and what tag keys mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from infra_events.domain.arn import Arn
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.parent import Parent
from infra_events.domain.tags import TagsStatus
from infra_events.routing.facts import FROM_TAGS
from infra_events.routing.rules import Condition, Rules, glob


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
    """What tag keys mean. Keys are compared without case; of several, the first with a usable value counts."""

    name: Sequence[str] = ("Name",)
    owner: Sequence[str] = ("Owner",)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Suppresses events that ``match`` until ``expires`` (aware), for a reason."""

    name: str
    match: Sequence[Condition]
    reason: str
    expires: datetime

    @property
    def needs_tags(self) -> bool:
        """Whether a condition compares a fact that is known only once tags are."""
        return any(c.key.startswith(FROM_TAGS) for c in self.match)


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
        """Index the owners by every tag value that means them."""
        by_value = {value: name for name, owner in self.owners.items() for value in (name, *owner.aliases)}
        object.__setattr__(self, "_owners_by_value", by_value)

    def name_of(self, event: ResourceEvent) -> str:
        """Return the name that tags give the event's resource; empty without such a tag."""
        folded = event.tags.folded()
        return next((name for key in self.tags.name if (name := folded.get(key.casefold(), "").strip())), "")

    def owner_of(self, event: ResourceEvent) -> Ownership:
        """Return the owner of the event's resource by its tags, else by those of its parents, nearest first.

        Where none of them names a known owner, it is the one that the event itself names.
        """
        for tags, parent in event.sources_of_tags():
            folded = tags.folded()
            for key in self.tags.owner:
                value = folded.get(key.casefold(), "").strip()
                if value in self._owners_by_value:
                    owner, reason = self._owners_by_value[value], f"tag {key}={value}"
                    return Ownership(
                        owner=owner, reason=reason + whose(parent), parent=parent.resource if parent else ""
                    )
        if event.owner in self.owners:
            return Ownership(owner=event.owner, reason=f"owner {event.owner}, as the event says")
        return Ownership(owner="", reason=self._why_unowned(event, event.tags.folded()))

    def protects(self, event_type: str) -> bool:
        """Return whether a type is protected: no tag and no ignore suppresses its events."""
        return any(glob(pattern, event_type) for pattern in self.bounds.protected)

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
