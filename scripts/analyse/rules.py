"""Which rule of EventBridge catches an event: the catalogue's rules, by the patterns that are deployed.

The catalogue's patterns compare exact values only, so no other comparison of EventBridge is known here:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from infra_events.domain.drill import split_drill
from scripts import environments
from scripts.compile.event_rules import Rule
from scripts.environments import NOTIFICATIONS
from scripts.project import CommandError, UsageError
from scripts.stacks import hcl

BUS = "CatchAll"
"""The rule of a bus of custom events, which takes every event that is put there."""
PARTNER = "aws.partner/"
"""How the sources of partners begin, which have buses too."""

Pattern = Mapping[str, Any]


class Rules:
    """The rules of some services, and those of all others of the catalogue."""

    def __init__(self, rules: Mapping[str, Mapping[str, Rule]], services: Collection[str]) -> None:
        """Take the catalogue's rules by service, and the services that are selected. Raises UsageError."""
        if unknown := sorted(set(services) - set(rules)):
            raise UsageError(f"the catalogue has no service {', '.join(unknown)}; it has {', '.join(rules)}")
        self._services = frozenset(services)
        self._by_source: defaultdict[str, list[tuple[str, str, Pattern]]] = defaultdict(list)
        for service, several in rules.items():
            for name, rule in several.items():
                pattern = json.loads(rule["pattern"])
                for source in pattern["source"]:
                    self._by_source[source].append((service, name, pattern))

    def catching(self, event: Mapping[str, Any]) -> tuple[str, str]:
        """Return the name of the selected rule that catches an event, and the service that has to be selected for one.

        Both are empty where no rule of the catalogue does. An event that no service of AWS sends has a bus.
        """
        source = event.get("source")
        if not isinstance(source, str):
            return "", ""
        for service, name, pattern in self._by_source.get(source, ()):
            if matches(pattern, event):
                return (name, "") if service in self._services else ("", service)
        plain = split_drill(source)[0]
        return (BUS if plain.startswith(PARTNER) or not plain.startswith("aws.") else ""), ""


def matches(pattern: Pattern, event: Any) -> bool:
    """Return whether a pattern of exact values matches an event; a list in the event matches by any of its elements.

    Raises ValueError for a comparison of another kind.
    """
    return all(_matches(wanted, event, key) for key, wanted in pattern.items())


def _matches(wanted: Any, event: Any, key: str) -> bool:
    found = list(_values(event, key))
    if isinstance(wanted, dict):
        return any(matches(wanted, one) for one in found)
    if any(isinstance(one, dict) for one in wanted):
        raise ValueError(f"only exact values can be compared here, not {wanted}")
    return any(type(one) is type(value) and one == value for one in found for value in wanted)


def _values(event: Any, key: str) -> Iterator[Any]:
    """Yield what an event has under a key: the elements of a list, and the same of each object in a list."""
    for one in event if isinstance(event, list) else [event]:
        if isinstance(one, dict) and key in one:
            value = one[key]
            yield from value if isinstance(value, list) else [value]


def selected(environment: str) -> Sequence[str]:
    """Return the services of an environment: its variable ``services``, or the stack's default. Raises CommandError."""
    file = environments.files(environment).variables(NOTIFICATIONS)
    if not file.exists():
        known = [name for name in environments.names() if environments.files(name).variables(NOTIFICATIONS).exists()]
        raise UsageError(f"there is no environment {environment!r} with {file.name}; there is {', '.join(known)}")
    services = hcl.parse(file).get("services")
    if services is None:
        declared = hcl.parse(environments.STACKS / NOTIFICATIONS / "variables.tf")["variable"]
        services = next(block["services"]["default"] for block in declared if "services" in block)
    if not isinstance(services, list):
        raise CommandError(f"services in {file} is no list of names, but {services}")
    return cast("Sequence[str]", services)
