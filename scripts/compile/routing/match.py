"""A ``match`` of a routing file: its values as texts, as conditions, and what is wrong in it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from infra_events.domain.event import Phase, Severity, Status
from infra_events.routing.facts import FIELDS, TAG
from infra_events.routing.rules import ANY, NOT, Condition, glob
from scripts.compile.violations import Problem, suggestion

KEYS = (*FIELDS, "severity", "owner", "name")
"""Keys of facts that a match may name, beside ``tag.<Key>``."""

ALWAYS = frozenset(("type", "resource", "to"))
"""Keys of facts that every event has and that may be any text."""

_SEVERITIES = tuple(Severity.__members__)
_BOUNDS = tuple(operator + name for operator in (">=", "<=") for name in _SEVERITIES)

CLOSED: Mapping[str, tuple[str | None, ...]] = {
    "severity": _SEVERITIES,
    "status": tuple(Status),
    "transitional": ("true", "false"),
    "drill": ("true", "false"),
    "phase": (None, *Phase),
}
"""All values of the facts that have only a few; None stands for an event without the fact."""


def text(value: Any) -> str:
    """Return a plain value of the file as the text that an event has: ``true``, ``4711``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Any) -> list[str]:
    """Return one value, or a list of values, as texts."""
    return [text(item) for item in (value if isinstance(value, list) else [value])]


def compiled_match(match: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a ``match`` in the compiled form: texts by key, severities in capitals, each text once."""
    return {
        key: [t.upper() if key == "severity" else t for t in dict.fromkeys(texts(value))]
        for key, value in match.items()
    }


def conditions(match: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions that a ``match`` without problems states."""
    return [Condition(key, values) for key, values in compiled_match(match).items()]


def problems(match: Mapping[str, Any], owners: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong in a ``match``, by its keys; ``owners`` are those of the file, by name."""
    first: dict[str, str] = {}
    for key, values in compiled_match(match).items():
        if key not in KEYS and not (key.startswith(TAG) and key != TAG):
            yield Problem(
                path=(key,), message=f"{key} is nothing an event has ({suggestion(key, [*KEYS, f'{TAG}Key'])})"
            )
            continue
        if first.setdefault(key.casefold(), key) != key:
            same = first[key.casefold()]
            yield Problem(path=(key,), message=f"this is {same} again: tag keys are compared without case")
        for message in _condition_problems(key, values, owners):
            yield Problem(path=(key,), message=message)


def values_of(key: str, owners: Collection[str]) -> Sequence[str | None] | None:
    """Return all values that a fact may have (None: an event without it), or None where they cannot be listed."""
    return (None, *owners) if key == "owner" else CLOSED.get(key)


def holds(condition: Condition, fact: str | None) -> bool:
    """Return whether a condition holds for an event with this fact, None being an event without."""
    return condition.holds({} if fact is None else {condition.key: fact})


def matches_any_text(condition: Condition) -> bool:
    """Return whether one of a condition's patterns is ``*``."""
    return any(not pattern.strip(ANY) for pattern in condition.globs)


def _condition_problems(key: str, values: Sequence[str], owners: Mapping[str, Any]) -> list[str]:
    found = [message for value in values for message in _value_problems(key, value, owners)]
    if len({value.startswith(NOT) for value in values}) > 1:
        found.append("a list has texts that begin with !, or texts that do not, never both (all are or, all ! are not)")
    if not found and _never_holds(Condition(key, values), owners):
        found.append("no event could satisfy this")
    return found


def _value_problems(key: str, value: str, owners: Mapping[str, Any]) -> Iterator[str]:
    plain = value.removeprefix(NOT)
    if not plain and value:
        yield "nothing follows ! (quote a text, or write !* for what is absent)"
    elif plain.startswith((">=", "<=")) and key != "severity":
        yield f"{value!r}: only a severity has an order"
    elif (possible := values_of(key, owners)) is not None and plain not in _BOUNDS:
        known = [one for one in possible if one]
        if not any(glob(plain, one) for one in known):
            alias_of = next((name for name, owner in owners.items() if key == "owner" and _has_alias(owner, plain)), "")
            hint = f"it is an alias of {alias_of}: write {alias_of}" if alias_of else suggestion(plain, known)
            yield f"{plain!r} is no {key.replace('_', ' ')} ({hint})"


def _has_alias(owner: Any, value: str) -> bool:
    return isinstance(owner, dict) and value in texts(owner.get("aliases", []))


def _never_holds(condition: Condition, owners: Collection[str]) -> bool:
    possible = values_of(condition.key, owners)
    if possible is None:
        return condition.negated and condition.key in ALWAYS and matches_any_text(condition)
    return not any(holds(condition, fact) for fact in possible)
