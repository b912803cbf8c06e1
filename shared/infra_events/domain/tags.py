"""The tags of a resource, and how fresh they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TagsStatus(StrEnum):
    """How fresh an event's tags are."""

    LIVE = "live"
    """Read from AWS for this event."""
    CACHED = "cached"
    """From the snapshot: the resource is gone, or AWS cannot be asked for its tags from here."""
    UNAVAILABLE = "unavailable"
    """Not known: they could not be read."""
    NOT_REQUESTED = "not_requested"
    """Not read yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """``values`` by key as they were at ``as_of`` (aware); ``unavailable`` is why they could not be read."""

    values: Mapping[str, str] = field(default_factory=dict)
    status: TagsStatus = TagsStatus.NOT_REQUESTED
    as_of: datetime | None = None
    unavailable: str = ""

    @classmethod
    def live(cls, values: Mapping[str, str]) -> "Tags":
        """Return tags that were read just now."""
        return cls(values=values, status=TagsStatus.LIVE)

    @classmethod
    def unknown(cls, why: str) -> "Tags":
        """Return tags that could not be read, and why."""
        return cls(status=TagsStatus.UNAVAILABLE, unavailable=why)

    def folded(self) -> Mapping[str, str]:
        """Return the tags by key without case; of keys that differ only in case, the first in sort order counts."""
        return {key.casefold(): value for key, value in sorted(self.values.items(), reverse=True)}
