"""The compiled form of a routing file that has no errors, with each default in its place."""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from infra_events.domain.time import beginning, expiry
from infra_events.routing import compiled
from infra_events.routing.model import Bounds, TagKeys
from scripts.compile import catalogue
from scripts.compile.routing.file import RoutingFile
from scripts.compile.routing.match import guarded_match, texts


def document(source: RoutingFile) -> compiled.Document:
    """Return what the functions and Terraform read of the file."""
    content = source.content
    return {
        "version": content["version"],
        "source_sha256": hashlib.sha256(source.source).hexdigest(),
        "channels": source.channels,
        "timezone": source.zone.key,
        "fallback": content["defaults"]["fallback"],
        "tags": _tags(content.get("tags", {})),
        "bounds": _bounds(content.get("bounds", {})),
        "owners": {name: _owner(owner) for name, owner in content.get("owners", {}).items()},
        "accounts": {id_: _account(one) for id_, one in (source.accounts.accounts if source.accounts else {}).items()},
        "destinations": {
            name: {field: stated.get(field, []) for field in source.channels}
            for name, stated in content["destinations"].items()
        },
        "severity_rules": [
            {
                "name": rule.get("name", str(position)),
                "match": guarded_match(rule["when"]),
                "severity": rule["set"].upper(),
            }
            for position, rule in enumerate(content.get("severity_rules", []), start=1)
        ],
        "routes": [
            {
                "name": route["name"],
                "match": guarded_match(route["match"]),
                "to": list(dict.fromkeys(texts(route["to"]))),
                "continue": route.get("continue", False),
            }
            for route in content.get("routes", [])
        ],
        "ignore": [_ignore(rule, source.zone) for rule in content.get("ignore", [])],
    }


def _ignore(rule: dict[str, Any], zone: ZoneInfo) -> compiled.IgnoreForm:
    begins = beginning(rule["from"], zone).astimezone(UTC).isoformat() if "from" in rule else ""
    return {
        "name": rule["name"],
        # Functions of release 0.1 know no beginning, and would ignore at once.
        "match": guarded_match(rule["match"]) | ({compiled.NEWER: [compiled.NEWER]} if begins else {}),
        "reason": rule["reason"],
        "begins": begins,
        "expires": expiry(rule["expires"], zone).astimezone(UTC).isoformat(),
    }


def _account(stated: Mapping[str, str]) -> compiled.AccountForm:
    return {
        "name": stated.get("name", ""),
        "environment": stated.get("environment", ""),
        "default_owner": stated.get("default_owner", ""),
    }


def _tags(stated: dict[str, Any]) -> compiled.TagsForm:
    default = TagKeys()
    ignore = stated.get("ignore", [{"key": tag.key, "values": list(tag.values)} for tag in default.ignore])
    return {
        "name": texts(stated.get("name", list(default.name))),
        "owner": texts(stated.get("owner", list(default.owner))),
        "owner_keys": stated.get("owner_keys", default.owner_keys),
        "owner_case": stated.get("owner_case", default.owner_case),
        "split": stated.get("split", default.split),
        "ignore": [{"key": tag["key"], "values": texts(tag["values"])} for tag in ignore],
        "mute_until": stated.get("mute_until", default.mute_until) or "",
        "severity": stated.get("severity", default.severity) or "",
    }


def _bounds(stated: dict[str, Any]) -> compiled.BoundsForm:
    default, severity = Bounds(), stated.get("severity", {})
    return {
        "max_mute_days": stated.get("max_mute_days", default.max_mute_days),
        "least_severity": severity.get("at_least", default.at_least.name).upper(),
        "most_severity": severity.get("at_most", default.at_most.name).upper(),
        "protected": list(dict.fromkeys([*catalogue.security_types(), *stated.get("protected", [])])),
    }


def _owner(stated: dict[str, Any]) -> compiled.OwnerForm:
    return {
        "aliases": texts(stated.get("aliases", [])),
        "queue": stated.get("queue", False),
        "topic": stated.get("topic", False),
        "consumers": texts(stated.get("consumers", [])),
    }
