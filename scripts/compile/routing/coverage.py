"""Whether one match covers another: whether each event that satisfies the narrow one satisfies the wide one.

Each key is compared by itself. Facts with a few possible values are tried one by one. For texts with ``*``: to test
whether pattern A covers pattern B, replace B's ``*`` by NUL, which no file contains, and match the result against A.
"""

from collections.abc import Collection, Sequence

from infra_events.routing.rules import ANY, Condition
from scripts.compile.routing.match import ALWAYS, CLOSED, holds, matches_any_text, values_of

_NUL = "\0"


def implies(narrow: Sequence[Condition], wide: Sequence[Condition], owners: Collection[str]) -> bool:
    """Return whether every event that satisfies ``narrow`` satisfies ``wide``, as far as each key by itself shows."""
    by_key = {condition.key: condition for condition in narrow}
    return all(_implies(by_key.get(condition.key), condition, owners) for condition in wide)


def witness(match: Sequence[Condition], owners: Collection[str]) -> dict[str, str]:
    """Return facts of one event that satisfies ``match``.

    A rule that covers ``match`` matches these facts too, so that only the rules that match them need to be compared.
    """
    facts: dict[str, str | None] = {**dict.fromkeys(ALWAYS, _NUL), **{key: values[0] for key, values in CLOSED.items()}}
    facts |= {condition.key: _satisfying(condition, owners) for condition in match}
    return {key: fact for key, fact in facts.items() if fact is not None}


def overlap(one: str, other: str) -> bool:
    """Return whether both patterns match some text: ``one`` is read character by character along ``other``.

    ``reached`` holds the positions in ``other`` at which its pattern may be once ``one`` is read so far.
    """
    reached = _past_stars({0}, other)
    for character in one:
        if character == ANY:
            # Any text may stand here, so that everything behind the least position may be passed.
            reached = set(range(min(reached), len(other) + 1))
            continue
        before_end = {position for position in reached if position < len(other)}
        passed = {position + 1 for position in before_end if other[position] == character}
        at_stars = {position for position in before_end if other[position] == ANY}
        reached = _past_stars(passed | at_stars, other)
        if not reached:
            return False
    return len(other) in reached


def _implies(narrow: Condition | None, wide: Condition, owners: Collection[str]) -> bool:
    """Compare two conditions on one key; ``narrow`` is None where the narrow match has none on it."""
    possible = values_of(wide.key, owners)
    if possible is not None:
        return all(holds(wide, fact) for fact in possible if narrow is None or holds(narrow, fact))
    if narrow is None or (narrow.negated and not wide.negated):
        # Most texts satisfy the narrow one, and so may an absent fact: only * on a fact that is always there covers it.
        return wide.key in ALWAYS and not wide.negated and matches_any_text(wide)
    if narrow.negated:
        # Both are negated: what the wide one excludes, the narrow one has to exclude.
        return all(_lists(narrow, sample) for sample in _samples(wide))
    if wide.negated:
        return not any(overlap(one, other) for one in _patterns(narrow) for other in _patterns(wide))
    return all(_lists(wide, sample) for sample in _samples(narrow))


def _lists(condition: Condition, fact: str) -> bool:
    """Return whether one of a condition's patterns matches a fact, whether the condition is negated or not."""
    return condition.holds({condition.key: fact}) != condition.negated


def _patterns(condition: Condition) -> tuple[str, ...]:
    return (*sorted(condition.exact), *condition.globs)


def _samples(condition: Condition) -> list[str]:
    """Return a text for each pattern that another pattern matches only where it covers this one."""
    return [pattern.replace(ANY, _NUL) for pattern in _patterns(condition)]


def _satisfying(condition: Condition, owners: Collection[str]) -> str | None:
    """Return a fact that satisfies a condition; None: its absence does."""
    possible = values_of(condition.key, owners)
    if possible is not None:
        return next(fact for fact in possible if holds(condition, fact))
    if not condition.negated:
        return _samples(condition)[0]
    return None if matches_any_text(condition) else _NUL


def _past_stars(positions: set[int], pattern: str) -> set[int]:
    """Return the positions, and those that follow them over ``*`` alone, which may match no character."""
    reached = set(positions)
    for position in positions:
        rest = pattern[position:]
        reached.update(position + stars for stars in range(1, len(rest) - len(rest.lstrip(ANY)) + 1))
    return reached
