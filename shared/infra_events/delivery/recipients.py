"""Which channels reach which destinations.

The sender names in a notification the channels of its destinations; each of these channels finds the destinations that
it delivers to. A name that no channel reaches stands for the fallback, so that somebody always receives a notification.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from infra_events.domain.errors import TransientError
from infra_events.domain.outcome import Note, NoteCode
from infra_events.routing.model import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The destinations that a channel delivers to, each with targets; a note where the fallback stands for another."""

    names: Sequence[str]
    notes: tuple[Note, ...] = ()


def channels_of(names: Sequence[str], routing: Routing) -> tuple[str, ...]:
    """Return the channels of the named destinations, and of the fallback where one has none; each channel once.

    Raises TransientError where that is no channel at all: a notification without any would be lost.
    """
    fallback = _channels(routing.fallback, routing)
    each = [_channels(name, routing) or fallback for name in names] or [fallback]
    channels = tuple(dict.fromkeys(channel for channels in each for channel in channels))
    if not channels:
        raise TransientError("neither a destination nor the fallback has a target in any channel")
    return channels


def recipients_of(names: Sequence[str], channel: str, routing: Routing) -> Recipients:
    """Return the destinations among ``names`` that ``channel`` delivers to, and the fallback for names without any.

    A destination that only other channels reach is left to them, as long as this channel reaches another one. Raises
    TransientError where the channel reaches neither a destination nor the fallback.
    """
    reached = [name for name in names if channel in _channels(name, routing)]
    left_to_others = [name for name in names if reached and _channels(name, routing)]
    missing = [name for name in names if name not in (*reached, *left_to_others)]
    if reached and not missing:
        return Recipients(names=reached)
    reason = ", ".join(_why_missing(name, channel, routing) for name in missing) or "no recipient named"
    if channel in _channels(routing.fallback, routing):
        note = Note(code=NoteCode.FALLBACK_USED, reason=reason)
        return Recipients(names=list(dict.fromkeys((*reached, routing.fallback))), notes=(note,))
    if reached:
        return Recipients(names=reached)
    raise TransientError(f"{reason}, and the fallback has no {channel} address")


def _channels(name: str, routing: Routing) -> Sequence[str]:
    """Return the channels in which a destination has targets; none for an unknown name."""
    destination = routing.destinations.get(name)
    return [channel for channel, targets in destination.targets.items() if targets] if destination else []


def _why_missing(name: str, channel: str, routing: Routing) -> str:
    known = name in routing.destinations
    return f"destination {name} has no {channel} address" if known else f"unknown destination {name}"
