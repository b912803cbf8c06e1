"""Whether one match covers another: whether each event that satisfies the narrow one satisfies the wide one.

Each key is compared by itself. Facts with a few possible values are tried one by one, texts by samples (match.py).
"""

from collections.abc import Sequence

from infra_events.routing.rules import ABSENT, ANY, Condition
from scripts.compile.routing.match import ALWAYS, CLOSED, Vocabulary, holds, samples
from scripts.compile.routing.patterns import overlap, sample_of

_NUL = sample_of(ANY)


def implies(narrow: Sequence[Condition], wide: Sequence[Condition], known: Vocabulary) -> bool:
    """Return whether every event that satisfies ``narrow`` satisfies ``wide``, as far as each key by itself shows."""
    by_key = {condition.key: condition for condition in narrow}
    return all(_implies(by_key.get(condition.key), condition, known) for condition in wide)


def witness(match: Sequence[Condition], known: Vocabulary) -> dict[str, str]:
    """Return facts of one event that satisfies ``match``.

    A rule that covers ``match`` matches these facts too, so that only the rules that match them need to be compared.
    """
    facts: dict[str, str | None] = {**dict.fromkeys(ALWAYS, _NUL), **{key: values[0] for key, values in CLOSED.items()}}
    facts |= {condition.key: _satisfying(condition, known) for condition in match}
    return {key: fact for key, fact in facts.items() if fact is not None}


def _implies(narrow: Condition | None, wide: Condition, known: Vocabulary) -> bool:
    """Compare two conditions on one key; ``narrow`` is None where the narrow match has none on it."""
    possible = known.values_of(wide.key)
    if possible is not None:
        return all(holds(wide, fact) for fact in possible if narrow is None or holds(narrow, fact))
    narrow = narrow or Condition(wide.label, [ANY, ABSENT])
    if narrow.absent and not wide.absent and wide.key not in ALWAYS:
        return False
    if not all(sample in wide.wanted for sample in samples(narrow)):
        return False
    # What the wide one excludes, the narrow one excludes too, or never reaches.
    return not any(
        overlap(sample.replace(_NUL, ANY), pattern)
        for pattern in (*wide.unwanted.exact, *wide.unwanted.globs)
        if sample_of(pattern) not in narrow.unwanted
        for sample in samples(narrow)
    )


def _satisfying(condition: Condition, known: Vocabulary) -> str | None:
    """Return a fact that satisfies a condition; None: its absence does."""
    possible = known.values_of(condition.key)
    if possible is not None:
        return next(fact for fact in possible if holds(condition, fact))
    return next(iter(samples(condition)), None)
