"""What a routing file's `match` says: checked, compiled, and compared with another's.

Comparing is exact for each key by itself. A text in which `*` became a character that stands in no file is matched by a
pattern only where the pattern's own `*` takes it in: so one text answers for all that a pattern stands for.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from infra_events.domain.event import Phase, Severity, Status
from infra_events.routing.facts import FIELDS, TAG
from infra_events.routing.rules import ANY, NOT, Condition, glob

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

KEYS = (*FIELDS, "severity", "owner", "name")
ALWAYS = frozenset(("type", "resource", "to"))
"""Facts that every event has, among those that may be anything."""

_ANYTHING = "\0"
_SHOWN = 24
_SEVERITIES = tuple(Severity.__members__)
_BOUNDS = tuple(operator + name for operator in (">=", "<=") for name in _SEVERITIES)
_CLOSED: Mapping[str, tuple[str | None, ...]] = {
    "severity": _SEVERITIES,
    "status": tuple(Status),
    "transitional": ("true", "false"),
    "drill": ("true", "false"),
    "phase": (None, *Phase),
}
"""Facts that are one of a few; None stands for an event that does not say."""


def text(value: Any) -> str:
    """Return a plain value as the text that it is in an event: `true`, `4711`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Any) -> list[str]:
    """Return one value, or several, as texts."""
    return [text(item) for item in (value if isinstance(value, list) else [value])]


def compiled(match: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a `match` as the function reads it: texts by key, severities in capitals."""
    return {
        key: [t.upper() if key == "severity" else t for t in dict.fromkeys(texts(value))]
        for key, value in match.items()
    }


def conditions(match: Mapping[str, Any]) -> list[Condition]:
    """Return a sound `match` as the conditions that it is."""
    return [Condition(key, values) for key, values in compiled(match).items()]


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of a complaint about a word that is not known: what was meant perhaps, or what there is."""
    known = sorted(known)
    close = get_close_matches(word, known, 1)
    if close:
        return f"did you mean {close[0]}?"
    more = ["…"] if len(known) > _SHOWN else []
    return f"there is {', '.join([*known[:_SHOWN], *more]) or 'none'}"


def problems(match: Mapping[str, Any], owners: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong in a `match`: the key, and what and why. `owners` are the file's."""
    folded: dict[str, str] = {}
    for key, values in compiled(match).items():
        if key not in KEYS and not (key.startswith(TAG) and key != TAG):
            yield key, f"{key} is nothing an event has ({suggestion(key, [*KEYS, TAG + 'Key'])})"
            continue
        if folded.setdefault(key.casefold(), key) != key:
            yield key, f"this is {folded[key.casefold()]} again: tag keys are compared without case"
        wrong = [message for value in values for message in _text_problems(key, value, owners)]
        if len({value.startswith(NOT) for value in values}) > 1:
            wrong.append(
                "a list has texts that begin with !, or texts that do not, never both (all are or, all ! are not)"
            )
        if not wrong and _never_holds(Condition(key, values), owners):
            wrong.append("no event could satisfy this")
        yield from ((key, message) for message in wrong)


def _text_problems(key: str, value: str, owners: Mapping[str, Any]) -> Iterator[str]:
    plain = value.removeprefix(NOT)
    if not plain and value:
        yield "nothing follows ! (quote a text, or say !* for what is absent)"
    elif plain.startswith((">=", "<=")) and key != "severity":
        yield f"{value!r}: only a severity has an order"
    elif (domain := _domain(key, owners)) is not None and plain not in _BOUNDS:
        known = [one for one in domain if one]
        if not any(glob(plain, one) for one in known):
            alias = next((name for name, owner in owners.items() if key == "owner" and _has_alias(owner, plain)), "")
            hint = f"it is an alias of {alias}: say {alias}" if alias else suggestion(plain, known)
            yield f"{plain!r} is no {key.replace('_', ' ')} ({hint})"


def _has_alias(owner: Any, value: str) -> bool:
    return isinstance(owner, dict) and value in texts(owner.get("aliases", []))


def _domain(key: str, owners: Collection[str]) -> Sequence[str | None] | None:
    """Return all that a fact may be, if that can be listed."""
    return (None, *owners) if key == "owner" else _CLOSED.get(key)


def _never_holds(condition: Condition, owners: Collection[str]) -> bool:
    domain = _domain(condition.key, owners)
    if domain is None:
        return condition.negated and condition.key in ALWAYS and _is_universal(condition)
    return not any(_holds(condition, fact) for fact in domain)


def _holds(condition: Condition, fact: str | None) -> bool:
    return condition.holds({} if fact is None else {condition.key: fact})


def _is_universal(condition: Condition) -> bool:
    return any(not pattern.strip(ANY) for pattern in condition.globs)


def implies(narrow: Sequence[Condition], wide: Sequence[Condition], owners: Collection[str]) -> bool:
    """Tell whether every event that satisfies `narrow` satisfies `wide`, as far as each key by itself shows."""
    by_key = {condition.key: condition for condition in narrow}
    return all(_implied(by_key.get(condition.key), condition, _domain(condition.key, owners)) for condition in wide)


def _implied(narrow: Condition | None, wide: Condition, domain: Sequence[str | None] | None) -> bool:
    if domain is not None:
        return all(_holds(wide, fact) for fact in domain if narrow is None or _holds(narrow, fact))
    if narrow is None or (narrow.negated and not wide.negated):
        # All texts but some, or none at all: only what takes everything takes these.
        return wide.key in ALWAYS and not wide.negated and _is_universal(wide)
    if narrow.negated:
        return all(_says(narrow, sample) for sample in _samples(wide))
    if wide.negated:
        return not any(overlap(one, other) for one in _patterns(narrow) for other in _patterns(wide))
    return all(_says(wide, sample) for sample in _samples(narrow))


def _says(condition: Condition, sample: str) -> bool:
    """Tell whether a condition's texts, negated or not, stand for a sample."""
    return condition.holds({condition.key: sample}) != condition.negated


def _patterns(condition: Condition) -> tuple[str, ...]:
    return (*sorted(condition.exact), *condition.globs)


def _samples(condition: Condition) -> list[str]:
    return [pattern.replace(ANY, _ANYTHING) for pattern in _patterns(condition)]


def witness(match: Sequence[Condition], owners: Collection[str]) -> dict[str, str]:
    """Return facts of one event that satisfies `match`; whatever every such event satisfies, these do too."""
    facts = dict.fromkeys(ALWAYS, _ANYTHING) | {key: domain[0] for key, domain in _CLOSED.items() if domain[0]}
    for condition in match:
        domain = _domain(condition.key, owners)
        if domain is not None:
            fact = next(fact for fact in domain if _holds(condition, fact))
        else:
            fact = _ANYTHING if condition.negated and not _is_universal(condition) else _samples(condition)[0]
            fact = None if condition.negated and _is_universal(condition) else fact
        facts.pop(condition.key, None)
        facts |= {} if fact is None else {condition.key: fact}
    return facts


def overlap(one: str, other: str) -> bool:
    """Tell whether some text is what both patterns say."""
    states = _skipping({0}, other)
    for character in one:
        if character == ANY:
            # Any text may follow: it leads from the least of the places to each behind it.
            states = set(range(min(states), len(other) + 1))
            continue
        places = {place for place in states if place < len(other)}
        states = {place + 1 for place in places if other[place] == character}
        states |= {place for place in places if other[place] == ANY}
        states = _skipping(states, other)
        if not states:
            return False
    return len(other) in states


def _skipping(states: set[int], pattern: str) -> set[int]:
    """Add the places that are reached without a character: those behind `*`."""
    for place in sorted(states):
        end = place
        while end < len(pattern) and pattern[end] == ANY:
            end += 1
            states.add(end)
    return states
