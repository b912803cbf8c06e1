"""The compiled routing file: JSON with every default in its place."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from infra_events.domain.event import Severity
from infra_events.routing.model import (
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


def read(text: str, digest: str) -> Routing:
    """Read what was compiled; ``digest`` names its version in words and logs.

    Raises ValueError, KeyError or TypeError for anything else than what the compiler writes: there is nothing to be
    tolerant of, since nobody else writes it.
    """
    document = json.loads(text)
    bounds, channels = document["bounds"], document["channels"]
    ignores = [
        Ignore(
            name=rule["name"],
            match=_match(rule["match"]),
            reason=rule["reason"],
            expires=datetime.fromisoformat(rule["expires"]),
        )
        for rule in document["ignore"]
    ]
    return Routing(
        digest=digest,
        fallback=document["fallback"],
        zone=ZoneInfo(document["timezone"]),
        tags=TagKeys(
            **document["tags"] | {"ignore": tuple(ControlTag(**tag) for tag in document["tags"]["ignore"])},
        ),
        bounds=Bounds(
            max_mute_days=bounds["max_mute_days"],
            at_least=Severity[bounds["least_severity"]],
            at_most=Severity[bounds["most_severity"]],
            protected=bounds["protected"],
        ),
        owners={
            name: Owner(aliases=owner["aliases"], topic=owner["topic"]) for name, owner in document["owners"].items()
        },
        destinations={
            name: Destination(targets={channel: one[field] for field, channel in channels.items() if field in one})
            for name, one in document["destinations"].items()
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


def _match(conditions: Mapping[str, Sequence[str]]) -> Sequence[Condition]:
    return [Condition(key, texts) for key, texts in conditions.items()]
