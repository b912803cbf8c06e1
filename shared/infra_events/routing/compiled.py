"""The compiled form of a routing file: JSON with each default in its place. It is written and read here only.

The compiler of routing files writes it (``scripts/compile/routing``); the functions read it, and Terraform reads
``source_sha256`` and the owners' ``queue``, ``topic`` and ``consumers``.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from infra_events.domain.event import Severity
from infra_events.routing.facts import Account
from infra_events.routing.model import (
    ALWAYS,
    Bounds,
    ControlTag,
    Destination,
    Ignore,
    Owner,
    Route,
    Routing,
    SeverityRule,
    TagKeys,
)
from infra_events.routing.rules import Condition, Rules

VERSION = 1
"""The form that can be read."""

DIGEST_LENGTH = 12
"""How many digits of its SHA-256 name a routing."""

Match = dict[str, list[str]]
"""The texts of each condition by its key; severities in capitals."""

NEWER = "newer"
"""The key of a condition that no event satisfies for functions of release 0.1, and that later ones leave out.

While a rollout is under way these read the new file too: a rule that they would misread takes no event there.
"""


class ControlTagForm(TypedDict):
    """A tag that suppresses events, and the values with which it does."""

    key: str
    values: list[str]


class TagsForm(TypedDict):
    """What tag keys mean; an empty key stands for a tag that is not offered."""

    name: list[str]
    owner: list[str]
    owner_keys: NotRequired[str]
    owner_case: NotRequired[str]
    split: NotRequired[str]
    ignore: list[ControlTagForm]
    mute_until: str
    severity: str


class BoundsForm(TypedDict):
    """How far the right to tag goes; severities by name. ``protected`` has the catalogue's security types too."""

    max_mute_days: int
    least_severity: str
    most_severity: str
    protected: list[str]


class OwnerForm(TypedDict):
    """An owner; ``queue`` and ``consumers`` are Terraform's alone."""

    aliases: list[str]
    queue: bool
    topic: bool
    consumers: list[str]


class SeverityRuleForm(TypedDict):
    """A severity rule; its severity by name."""

    name: str
    match: Match
    severity: str


# A class cannot have a field ``continue``.
RouteForm = TypedDict("RouteForm", {"name": str, "match": Match, "to": list[str], "continue": bool})


class IgnoreForm(TypedDict):
    """An ignore; ``begins`` and ``expires`` are times in ISO 8601 with their offset."""

    name: str
    match: Match
    reason: str
    begins: NotRequired[str]
    expires: str


class AccountForm(TypedDict):
    """An account; what accounts.yaml leaves out is empty."""

    name: str
    environment: str
    default_owner: str


class Document(TypedDict):
    """A whole routing file: ``channels`` names the channel of each field of a destination that holds targets.

    What is not required is missing in a file that an earlier release compiled.
    """

    version: int
    source_sha256: str
    timezone: str
    fallback: str
    tags: TagsForm
    bounds: BoundsForm
    owners: dict[str, OwnerForm]
    accounts: NotRequired[dict[str, AccountForm]]
    channels: dict[str, str]
    destinations: dict[str, dict[str, list[str]]]
    severity_rules: list[SeverityRuleForm]
    routes: list[RouteForm]
    ignore: list[IgnoreForm]


def write(document: Document) -> bytes:
    """Return the document as JSON in UTF-8: the same bytes for the same document."""
    return f"{json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)}\n".encode()


def read(text: str, digest: str) -> Routing:
    """Return the routing that ``write`` wrote; ``digest`` is its SHA-256, whose beginning names it in mails and logs.

    Raises ValueError, KeyError, TypeError or AttributeError for anything else.
    """
    document: Document = json.loads(text)
    if document["version"] != VERSION:
        raise ValueError(f"this is version {document['version']} of the form, and only {VERSION} can be read")
    ignores = [_ignore(rule) for rule in document["ignore"]]
    return Routing(
        digest=digest[:DIGEST_LENGTH],
        fallback=document["fallback"],
        zone=ZoneInfo(document["timezone"]),
        tags=_tags(document["tags"]),
        bounds=_bounds(document["bounds"]),
        owners={
            name: Owner(aliases=owner["aliases"], topic=owner["topic"]) for name, owner in document["owners"].items()
        },
        accounts={account_id: _account(account) for account_id, account in document.get("accounts", {}).items()},
        destinations={
            name: _destination(stated, document["channels"]) for name, stated in document["destinations"].items()
        },
        severity_rules=Rules(
            [
                SeverityRule(name=rule["name"], match=_match(rule["match"]), severity=Severity[rule["severity"]])
                for rule in document["severity_rules"]
            ]
        ),
        routes=Rules(
            [
                Route(name=rule["name"], match=_match(rule["match"]), to=rule["to"], proceed=rule["continue"])
                for rule in document["routes"]
            ]
        ),
        early_ignores=Rules([rule for rule in ignores if not rule.needs_tags]),
        late_ignores=Rules([rule for rule in ignores if rule.needs_tags]),
    )


def _tags(tags: TagsForm) -> TagKeys:
    default = TagKeys()
    return TagKeys(
        name=tags["name"],
        owner=tags["owner"],
        owner_keys=tags.get("owner_keys", default.owner_keys),
        owner_case=tags.get("owner_case", default.owner_case),
        split=tags.get("split", default.split),
        ignore=tuple(ControlTag(key=tag["key"], values=tag["values"]) for tag in tags["ignore"]),
        mute_until=tags["mute_until"],
        severity=tags["severity"],
    )


def _bounds(bounds: BoundsForm) -> Bounds:
    return Bounds(
        max_mute_days=bounds["max_mute_days"],
        at_least=Severity[bounds["least_severity"]],
        at_most=Severity[bounds["most_severity"]],
        protected=bounds["protected"],
    )


def _account(account: AccountForm) -> Account:
    return Account(name=account["name"], environment=account["environment"], default_owner=account["default_owner"])


def _destination(stated: Mapping[str, Sequence[str]], channels: Mapping[str, str]) -> Destination:
    return Destination(
        targets={channel: targets for field, channel in channels.items() if (targets := stated.get(field))}
    )


def _ignore(rule: IgnoreForm) -> Ignore:
    begins = rule.get("begins", "")
    return Ignore(
        name=rule["name"],
        match=_match(rule["match"]),
        reason=rule["reason"],
        begins=datetime.fromisoformat(begins) if begins else ALWAYS,
        expires=datetime.fromisoformat(rule["expires"]),
    )


def _match(conditions: Mapping[str, Sequence[str]]) -> Sequence[Condition]:
    return [Condition(key, texts) for key, texts in conditions.items() if key != NEWER]
