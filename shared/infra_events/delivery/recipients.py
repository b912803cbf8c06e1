"""Which channels reach which destinations.

The sender names in a notification the channels of its destination; other processes name several destinations, and the
channels or none. A notification is received by the channels that it names, or by the single one whose subscription has
no filter where it names none. Of its destinations each of these channels delivers to

- those that have targets in this channel, one by one;
- not to those that have targets only in other channels that receive it: these deliver to them;
- the fallback, in place of a name that none of these channels reaches: one that is unknown, that has no target, or
  whose targets changed while the notification waited; and in place of no name at all. One channel does so, the first of
  the named ones in which the fallback has targets. Where there is none, each channel reports an error.

So everybody who is named is notified, or the fallback is, once, or the notification stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from infra_events.domain.errors import TransientError
from infra_events.domain.outcome import Note, NoteCode
from infra_events.routing.model import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The destinations that a channel delivers to, each with targets and each once; none: other channels deliver.

    A note names what the fallback stands for; ``error`` is why somebody is notified by no channel at all.
    """

    names: Sequence[str]
    notes: tuple[Note, ...] = ()
    error: TransientError | None = None


def channels_of(name: str, routing: Routing) -> tuple[str, ...]:
    """Return the channels in which a destination has targets; the fallback's first where it has none.

    Raises TransientError where the fallback has none either: a notification without any would be lost.
    """
    channels = _channels(name, routing) or _channels(routing.fallback, routing)[:1]
    if not channels:
        raise TransientError(f"neither destination {name} nor the fallback has a target in any channel")
    return channels


def recipients_of(names: Sequence[str], channel: str, routing: Routing, named: Sequence[str] = ()) -> Recipients:
    """Return the destinations among ``names``, or in place of them, that ``channel`` delivers to.

    ``named`` are the channels that the notification names, this one among them, or none.
    """
    receiving = named or (channel,)
    here = [name for name in dict.fromkeys(names) if channel in _channels(name, routing)]
    nowhere = [name for name in dict.fromkeys(names) if not set(receiving).intersection(_channels(name, routing))]
    if names and not nowhere:
        return Recipients(names=here)
    reason = ", ".join(_why_nowhere(name, receiving, routing) for name in nowhere) or "no recipient named"
    of_fallback = _channels(routing.fallback, routing)
    first = next((one for one in receiving if one in of_fallback), None)
    if first is None:
        error = TransientError(f"{reason}, and the fallback has no {' or '.join(receiving)} address")
        return Recipients(names=here, error=error)
    if first != channel:
        return Recipients(names=here)
    note = Note(code=NoteCode.FALLBACK_USED, reason=reason)
    return Recipients(names=list(dict.fromkeys((*here, routing.fallback))), notes=(note,))


def _channels(name: str, routing: Routing) -> tuple[str, ...]:
    """Return the channels in which a destination has targets; none for an unknown name."""
    destination = routing.destinations.get(name)
    return tuple(channel for channel, targets in destination.targets.items() if targets) if destination else ()


def _why_nowhere(name: str, channels: Sequence[str], routing: Routing) -> str:
    known = name in routing.destinations
    return f"destination {name} has no {' or '.join(channels)} address" if known else f"unknown destination {name}"
