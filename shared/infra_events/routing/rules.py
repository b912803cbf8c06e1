"""Conditions on an event's facts, as a routing file states them, and lists of thousands of rules.

A fact is a text by its key. A condition names a key and texts: one of them must match the fact (``*`` in a text stands
for any characters), and none of those that begin with ``!``; a severity may be bounded by ``>=`` and ``<=``. An absent
fact matches no text. All conditions of a rule must hold. There are no regular expressions, so that no text takes long
to compare.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from infra_events.domain.event import Severity
from infra_events.routing.facts import TAG

NOT = "!"
ANY = "*"
ABSENT = NOT + ANY
"""The text of a condition that an absent fact satisfies."""

_BOUNDS = {
    operator + severity.name: frozenset(s.name for s in Severity if compare(s, severity))
    for severity in Severity
    for operator, compare in ((">=", Severity.__ge__), ("<=", Severity.__le__))
}
"""The severities within each bound on a severity."""


def glob(pattern: str, text: str) -> bool:
    """Return whether ``pattern`` matches all of ``text``; ``*`` stands for any run of characters."""
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


class Texts:
    """Texts of a condition; a fact is in them if one of them matches it."""

    __slots__ = ("exact", "globs")

    def __init__(self, key: str, texts: Sequence[str]) -> None:
        """Take the texts without their ``!``; bounds on a severity stand for the severities within."""
        bounded = [_BOUNDS[text] for text in texts if key == "severity" and text in _BOUNDS]
        self.exact = frozenset(t for t in texts if ANY not in t).union(*bounded)
        self.globs = tuple(t for t in texts if ANY in t)

    def __contains__(self, fact: str) -> bool:
        """Return whether one of the texts matches the fact."""
        return fact in self.exact or any(glob(pattern, fact) for pattern in self.globs)


class Condition:
    """A key, the texts of which its fact must match one, those of which it must match none, and whether it may lack."""

    __slots__ = ("absent", "key", "label", "unwanted", "wanted")

    def __init__(self, key: str, texts: Sequence[str]) -> None:
        """Take the texts as the file states them.

        Those without ``!`` are wanted, or any text where there is none; those with ``!`` are unwanted. A condition of
        unwanted texts alone holds for an absent fact too; beside wanted ones ``!*`` admits it.
        """
        self.label = key
        self.key = key.casefold() if key.startswith(TAG) else key
        wanted = [text for text in texts if not text.startswith(NOT)]
        self.absent = not wanted or ABSENT in texts
        unwanted = [
            text.removeprefix(NOT) for text in texts if text.startswith(NOT) and not (wanted and text == ABSENT)
        ]
        self.wanted = Texts(key, wanted or [ANY])
        self.unwanted = Texts(key, unwanted)

    @property
    def selects(self) -> bool:
        """Whether it lists, one by one, all facts that can satisfy it: then a rule can be indexed by them."""
        return not self.absent and not self.wanted.globs

    def holds(self, facts: Mapping[str, str]) -> bool:
        """Return whether the facts satisfy it."""
        fact = facts.get(self.key)
        return self.absent if fact is None else fact in self.wanted and fact not in self.unwanted


class Rule(Protocol):
    """Anything that applies to an event when all its conditions hold; without conditions, to every event."""

    @property
    def match(self) -> Sequence[Condition]:
        """The conditions."""


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """Rules in their order, with an index, so that an event is not compared with each.

    A rule is indexed by the fact that it shares with the fewest others: a thousand routes to a thousand owners take no
    longer than a few.
    """

    def __init__(self, rules: Sequence[R]) -> None:
        """Take the rules, first to last."""
        self._rules = rules
        shared = Counter((c.key, text) for rule in rules for c in rule.match if c.selects for text in c.wanted.exact)
        self._indexed: dict[str, dict[str, list[int]]] = {}
        self._unindexed: list[int] = []
        for position, rule in enumerate(rules):
            selecting = [c for c in rule.match if c.selects]
            if not selecting:
                self._unindexed.append(position)
                continue
            best = min(selecting, key=lambda c: max(shared[c.key, text] for text in c.wanted.exact))
            for text in best.wanted.exact:
                self._indexed.setdefault(best.key, {}).setdefault(text, []).append(position)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rules)

    def matching(self, facts: Mapping[str, str]) -> Iterator[R]:
        """Yield the rules that apply to an event with these facts, in order."""
        positions = list(self._unindexed)
        for key, by_text in self._indexed.items():
            if key in facts:
                positions += by_text.get(facts[key], ())
        for position in sorted(positions):
            if all(condition.holds(facts) for condition in self._rules[position].match):
                yield self._rules[position]
