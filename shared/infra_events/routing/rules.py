"""Conditions on an event's facts, as a routing file states them, and lists of rules that thousands may stand in.

A fact is a text by its key. A condition names a key and texts: one of them must be the fact (``*`` in a text stands for
anything), or none of them where they begin with ``!``; a severity may be bounded by ``>=`` and ``<=``. A fact that is
absent is equal to nothing. All conditions of a rule must hold. There are no regular expressions, so that no text takes
long to compare.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from infra_events.domain.event import Severity
from infra_events.routing.facts import TAG

NOT = "!"
ANY = "*"

_BOUNDS = {
    operator + severity.name: frozenset(s.name for s in Severity if compare(s, severity))
    for severity in Severity
    for operator, compare in ((">=", Severity.__ge__), ("<=", Severity.__le__))
}
"""Each bound on a severity, and the severities within it."""


def glob(pattern: str, text: str) -> bool:
    """Tell whether ``text`` is what ``pattern`` says, ``*`` standing for any run of characters."""
    first, *rest = pattern.split(ANY)
    if not rest:
        return pattern == text
    *middle, last = rest
    end = len(text) - len(last)
    if end < len(first) or not text.startswith(first) or not text.endswith(last):
        return False
    position = len(first)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


class Condition:
    """One key and what is asked of its fact."""

    __slots__ = ("exact", "globs", "key", "label", "negated")

    def __init__(self, key: str, texts: Sequence[str]) -> None:
        """Take the texts as the file states them: all begin with ``!``, or none does."""
        self.label = key
        self.key = key.casefold() if key.startswith(TAG) else key
        self.negated = texts[0].startswith(NOT)
        plain = [text.removeprefix(NOT) for text in texts]
        bounded = [_BOUNDS[text] for text in plain if key == "severity" and text in _BOUNDS]
        self.exact = frozenset(t for t in plain if ANY not in t).union(*bounded)
        self.globs = tuple(t for t in plain if ANY in t)

    @property
    def selects(self) -> bool:
        """Whether only facts that are listed one by one satisfy it: then a rule can be found by them."""
        return not self.negated and not self.globs

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Tell whether the facts satisfy it."""
        fact = facts.get(self.key)
        found = fact is not None and (fact in self.exact or any(glob(pattern, fact) for pattern in self.globs))
        return found != self.negated


class Rule(Protocol):
    """Anything that applies where all its conditions hold; without any, everywhere."""

    @property
    def match(self) -> Sequence[Condition]:
        """The conditions."""


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """Rules in their order, found without looking at each.

    A rule is filed under the fact that it shares with the fewest others, so that a thousand routes to a thousand
    owners cost an event as much as a few.
    """

    def __init__(self, rules: Sequence[R]) -> None:
        """Take the rules, first to last."""
        self._rules = rules
        shared = Counter((c.key, text) for rule in rules for c in rule.match if c.selects for text in c.exact)
        self._filed: dict[str, dict[str, list[int]]] = {}
        self._unfiled: list[int] = []
        for position, rule in enumerate(rules):
            selecting = [c for c in rule.match if c.selects]
            if not selecting:
                self._unfiled.append(position)
                continue
            best = min(selecting, key=lambda c: max(shared[c.key, text] for text in c.exact))
            for text in best.exact:
                self._filed.setdefault(best.key, {}).setdefault(text, []).append(position)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rules)

    def matching(self, facts: Mapping[str, str]) -> Iterator[R]:
        """Yield the rules that apply, in their order."""
        positions = list(self._unfiled)
        for key, by_text in self._filed.items():
            if key in facts:
                positions += by_text.get(facts[key], ())
        for position in sorted(positions):
            if all(condition.holds(facts) for condition in self._rules[position].match):
                yield self._rules[position]
