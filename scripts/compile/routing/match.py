"""A ``match`` of a routing file: its values as texts, as conditions, and what is wrong in it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra_events.domain.event import Phase, Severity, Status
from infra_events.routing.compiled import NEWER
from infra_events.routing.facts import FIELDS, LABEL, TAG
from infra_events.routing.rules import ABSENT, NOT, Condition, Texts, glob
from scripts.compile.routing.patterns import overlap, sample_of
from scripts.compile.violations import Problem, suggestion

KEYS = (*FIELDS, "severity", "owner", "name")
"""Keys of facts that a match may name, beside ``tag.<Key>`` and ``labels.<key>``."""

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

_NEW_FACTS = ("account", "environment", LABEL)
"""Facts (or beginnings of their keys) that functions of release 0.1 do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names that a match may use: owners of the file, and names (with their ids) and environments of accounts."""

    owners: Mapping[str, Any] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    environments: Collection[str] = ()

    def values_of(self, key: str) -> Sequence[str | None] | None:
        """Return all values that a fact may have (None: an event without it); None where they cannot be listed."""
        match key:
            case "owner":
                return (None, *self.owners)
            case "account":
                return (None, *self.accounts)
            case "environment":
                return (None, *self.environments)
            case _:
                return CLOSED.get(key)

    def hint(self, key: str, value: str) -> str:
        """Return what may be meant by a value that is none of a fact's."""
        if key == "owner" and (name := next((n for n, owner in self.owners.items() if _has_alias(owner, value)), "")):
            return f"it is an alias of {name}: write {name}"
        if key in ("account", "environment") and not self.values_of(key)[1:]:  # type: ignore[index] # it has a list
            return "accounts.yaml, beside this file, names none"
        if key == "account" and value in self.accounts.values():
            return "it is an id: write account_id"
        return suggestion(value, [one for one in self.values_of(key) or () if one])


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


def guarded_match(match: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a ``match`` in the compiled form, with the condition ``NEWER`` where release 0.1 would misread it."""
    compiled = compiled_match(match)
    is_new = any(key.startswith(_NEW_FACTS) or _is_mixed(values) for key, values in compiled.items())
    return compiled | ({NEWER: [NEWER]} if is_new else {})


def conditions(match: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions that a ``match`` without problems states."""
    return [Condition(key, values) for key, values in compiled_match(match).items()]


def problems(match: Mapping[str, Any], known: Vocabulary) -> Iterator[Problem]:
    """Yield what is wrong in a ``match``, by its keys."""
    first: dict[str, str] = {}
    for key, values in compiled_match(match).items():
        if key not in KEYS and not (key.startswith((TAG, LABEL)) and key not in (TAG, LABEL)):
            hint = suggestion(key, [*KEYS, f"{TAG}Key", f"{LABEL}key"])
            yield Problem(path=(key,), message=f"{key} is nothing an event has ({hint})")
            continue
        folded = key.casefold() if key.startswith(TAG) else key
        if first.setdefault(folded, key) != key:
            same = first[folded]
            yield Problem(path=(key,), message=f"this is {same} again: tag keys are compared without case")
        for message in _condition_problems(key, values, known):
            yield Problem(path=(key,), message=message)


def holds(condition: Condition, fact: str | None) -> bool:
    """Return whether a condition holds for an event with this fact, None being an event without."""
    return condition.holds({} if fact is None else {condition.key: fact})


def samples(condition: Condition) -> list[str]:
    """Return texts that satisfy a condition: the sample of each wanted text of which the unwanted ones leave any."""
    wanted = (*sorted(condition.wanted.exact), *condition.wanted.globs)
    return [sample for text in wanted if (sample := sample_of(text)) not in condition.unwanted]


def _is_mixed(values: Sequence[str]) -> bool:
    """Return whether some texts begin with ``!``, and others do not."""
    return len({value.startswith(NOT) for value in values}) > 1


def _condition_problems(key: str, values: Sequence[str], known: Vocabulary) -> list[str]:
    found = [message for value in values for message in _value_problems(key, value, known)]
    if found:
        return found
    condition = Condition(key, values)
    if _never_holds(condition, known):
        return ["no event could satisfy this"]
    return [
        f"{value!r} excludes nothing: no other text of the list takes it"
        for value in values
        if value.startswith(NOT) and value != ABSENT and _is_idle(condition, value.removeprefix(NOT))
    ]


def _is_idle(condition: Condition, unwanted: str) -> bool:
    """Return whether an unwanted text matches nothing that a wanted one matches."""
    wanted, texts = condition.wanted, Texts(condition.key, [unwanted])
    return not any(
        overlap(one, other) for one in (*texts.exact, *texts.globs) for other in (*wanted.exact, *wanted.globs)
    )


def _value_problems(key: str, value: str, known: Vocabulary) -> Iterator[str]:
    plain = value.removeprefix(NOT)
    if not plain and not key.startswith(TAG):
        yield f"only a tag can be empty (write {ABSENT} for what is absent)"
    elif plain.startswith((">=", "<=")) and key != "severity":
        yield f"{value!r}: only a severity has an order"
    elif key == "account_id" and plain in known.accounts:
        yield f"{plain!r} is the name of {known.accounts[plain]} (write account: {plain})"
    elif (
        (possible := known.values_of(key)) is not None
        and plain not in _BOUNDS
        and value != ABSENT
        and not any(glob(plain, one) for one in possible if one)
    ):
        yield f"{plain!r} is no {key.replace('_', ' ')} ({known.hint(key, plain)})"


def _has_alias(owner: Any, value: str) -> bool:
    return isinstance(owner, dict) and value in texts(owner.get("aliases", []))


def _never_holds(condition: Condition, known: Vocabulary) -> bool:
    possible = known.values_of(condition.key)
    if possible is None:
        return not samples(condition) and (condition.key in ALWAYS or not condition.absent)
    return not any(holds(condition, fact) for fact in possible)
