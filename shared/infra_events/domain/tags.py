"""The tags of a resource, and how fresh they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TagsStatus(StrEnum):
    """How an event came by its resource's tags."""

    LIVE = "live"
    """Read from AWS for this event."""
    CACHED = "cached"
    """Kept from the last time they were seen: the resource is gone, or cannot be asked from here."""
    UNAVAILABLE = "unavailable"
    """Asked for, and not answered: what they are is not known."""
    NOT_REQUESTED = "not_requested"
    """Nobody has asked yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """``values`` by key as they were at ``as_of`` (aware); where there is nothing to know, ``unavailable`` says why."""

    values: Mapping[str, str] = field(default_factory=dict)
    status: TagsStatus = TagsStatus.NOT_REQUESTED
    as_of: datetime | None = None
    unavailable: str = ""

    def folded(self) -> Mapping[str, str]:
        """Tags by key without case; of keys that differ in nothing else the first in order of characters counts."""
        return {key.casefold(): value for key, value in sorted(self.values.items(), reverse=True)}
