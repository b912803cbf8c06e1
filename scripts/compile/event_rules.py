"""EventBridge's rules, made from the catalogue's entries: names, patterns and states. No event meets two of them.

A rule is named after its service and a number, ``AwsServiceEvents-ec2-2``. When a pattern is dropped, its number stays
unused: Terraform would otherwise move patterns between rules, and events would be lost meanwhile.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

PATTERN_LIMIT = 2048
"""The longest pattern that EventBridge accepts: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html."""

EVENT_NAME = "detail.eventName"

ENABLED = "ENABLED"

WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that receives calls that read; any other is kept from them:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html."""

COMPARABLE = re.compile(r"detail(\.[A-Za-z0-9_-]+)+")
"""A path whose values a pattern can compare as the catalogue does."""

Entry = dict[str, Any]
Pattern = Mapping[str, Any]
Rule = dict[str, str]


def rules(service: str, entries: Iterable[Entry]) -> dict[str, Rule]:
    """Return the rules that match the events of a service's entries, drills too, by name: pattern and state."""
    subscribed = [entry for entry in entries if entry["subscribe"]]
    name = f"AwsServiceEvents-{service}"
    numbered = list(enumerate(_patterns([entry for entry in subscribed if not entry["reads"]]), start=1))
    kept = [(number, one) for number, one in numbered if not any(_contains(other, one) for _, other in numbered)]
    reads = enumerate(_read_patterns([entry for entry in subscribed if entry["reads"]]), start=1)
    return {
        **{_numbered(name, number): {"pattern": pattern, "state": ENABLED} for number, pattern in kept},
        **{_numbered(f"{name}-reads", number): {"pattern": pattern, "state": WITH_READS} for number, pattern in reads},
    }


def overlaps(rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    """Yield the names of rules of which two match the same event."""
    for (name, rule), (other_name, other) in combinations(rules.items(), 2):
        if all(set(one) & set(two) for one, two in _shared(json.loads(rule["pattern"]), json.loads(other["pattern"]))):
            yield name, other_name


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _patterns(entries: Sequence[Entry]) -> Iterator[str]:
    detail_types: dict[tuple[str, ...], list[str]] = {}
    calls: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for entry in entries:
        sources, types = tuple(entry["sources"]), tuple(entry["detail_types"])
        if EVENT_NAME in entry["where"]:
            calls.setdefault((sources, types), []).extend(entry["where"][EVENT_NAME])
        else:
            detail_types.setdefault(sources, []).extend(types)
    for sources, names in detail_types.items():
        yield from _split(sources, {}, "detail-type", names)
    for (sources, types), names in calls.items():
        yield from _split(sources, {"detail-type": types}, "eventName", names)


def _read_patterns(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield patterns with every condition of the entries: a call that reads is frequent, and only some are wanted."""
    for entry in entries:
        conditions = {path: values for path, values in entry["where"].items() if path != EVENT_NAME}
        detail = {path.removeprefix("detail."): values for path, values in conditions.items()}
        fixed = {"detail-type": entry["detail_types"]}
        yield from _split(tuple(entry["sources"]), fixed, "eventName", entry["where"][EVENT_NAME], detail)


def _split(
    sources: tuple[str, ...],
    fixed: Pattern,
    key: str,
    values: Iterable[str],
    detail: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[str]:
    """Yield one pattern for all values of ``key``, or as many as it takes to stay within the limit."""

    def pattern(chosen: Sequence[str]) -> str:
        last = {"detail": {key: chosen, **(detail or {})}} if fixed else {key: chosen}
        both = [source for name in sources for source in (name, f"drill.{name}")]
        return json.dumps({"source": both, **fixed, **last}, separators=(",", ":"))

    chosen: list[str] = []
    for value in dict.fromkeys(values):
        if chosen and len(pattern([*chosen, value])) > PATTERN_LIMIT:
            yield pattern(chosen)
            chosen = []
        chosen.append(value)
    if chosen:
        yield pattern(chosen)


def _contains(wide: str, narrow: str) -> bool:
    """Return whether every event that one pattern matches is matched by another."""
    if wide == narrow:
        return False
    of_wide, of_narrow = _flat(json.loads(wide)), _flat(json.loads(narrow))
    return all(path in of_narrow and set(of_narrow[path]) <= set(values) for path, values in of_wide.items())


def _shared(one: Pattern, two: Pattern) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    of_one, of_two = _flat(one), _flat(two)
    return ((of_one[path], of_two[path]) for path in of_one if path in of_two)


def _flat(pattern: Pattern) -> Mapping[str, Sequence[str]]:
    """Return a pattern's lists by path."""
    nested = (_flat(value) if isinstance(value, dict) else {"": value} for value in pattern.values())
    return dict(
        chain.from_iterable(
            ((f"{key}.{path}".rstrip("."), values) for path, values in inner.items())
            for key, inner in zip(pattern, nested, strict=True)
        )
    )
