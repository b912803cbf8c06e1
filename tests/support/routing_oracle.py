"""What a routing file decides, read from its YAML without the project's code."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra_events.domain.event import ResourceEvent, Severity
from tests.support.builders import SECURITY
from tests.support.routing_samples import DATES, MOMENTS, SEVERITIES, text


class Oracle:
    """One file's content, interpreted as docs/routing.md describes it: slowly, and without the project's code."""

    def __init__(
        self, content: Mapping[str, Any], event: ResourceEvent, at: datetime, accounts: Mapping[str, Any]
    ) -> None:
        self.content, self.event, self.at = content, event, at
        self.zone = ZoneInfo(content["defaults"].get("timezone", "Etc/UTC"))
        bounds = content.get("bounds", {})
        self.least = Severity[bounds.get("severity", {}).get("at_least", "debug").upper()]
        self.most = Severity[bounds.get("severity", {}).get("at_most", "fatal").upper()]
        self.days = timedelta(days=bounds.get("max_mute_days", 30))
        self.protected = any(like(one, event.type) for one in (*SECURITY, *bounds.get("protected", [])))
        self.severity = event.severity
        of_arn = (event.resource.split(":") + [""] * 5)[4]
        self.account = accounts.get(of_arn if of_arn.isdigit() else event.account_id, {})
        self.owner = ""

    def decide(self) -> tuple[str, str, str, list[str], list[str]]:
        """Return outcome, owner, severity, routes, destinations: for each owner as if it were the only one, joined."""
        begun = [rule for rule in self.content["ignore"] if "from" not in rule or self.begins(rule["from"]) <= self.at]
        ignores = [rule for rule in begun if self.ends(rule["expires"]) > self.at]
        late = [rule for rule in ignores if any(self.of_tags(key) for key in rule["match"])]
        if self.ignored([rule for rule in ignores if rule not in late]):
            return "suppress", "", self.event.severity.name, [], []
        each = [self.decide_for(owner, late) for owner in self.owners() or [""]]
        sent = [one for one in each if one[0] == "send"]
        if not sent:
            return each[0]
        sent = [one for one in sent if one[3]] or sent
        severity = max(Severity[one[2]] for one in sent).name
        routes, destinations = ([name for one in sent for name in one[part]] for part in (3, 4))
        return "send", sent[0][1], severity, list(dict.fromkeys(routes)), list(dict.fromkeys(destinations))

    def decide_for(self, owner: str, late: list[Mapping[str, Any]]) -> tuple[str, str, str, list[str], list[str]]:
        self.owner, self.severity = owner, self.event.severity
        self.set_severity()
        severity = self.severity.name
        silenced = not self.protected and (self.tagged_silent() or self.muted())
        if silenced or self.ignored(late):
            return "suppress", owner, severity, [], []
        routes = []
        for route in self.content["routes"]:
            if self.holds(route["match"]):
                routes.append(route)
                if not route.get("continue"):
                    break
        notified = [name for route in routes for name in listed(route["to"])] or ["platform"]
        return "send", owner, severity, [route["name"] for route in routes], list(dict.fromkeys(notified))

    @staticmethod
    def of_tags(key: str) -> bool:
        return key in ("owner", "name", "severity") or key.startswith("tag.")

    def ignored(self, ignores: list[Mapping[str, Any]]) -> bool:
        return not self.protected and any(self.holds(rule["match"]) for rule in ignores)

    def tag(self, key: str, values: Mapping[str, str] | None = None) -> str | None:
        values = self.event.tags.values if values is None else values
        same = sorted(one for one in values if one.casefold() == key.casefold())
        return values[same[0]] if same else None

    def family(self) -> list[Mapping[str, str]]:
        return [self.event.tags.values, *(parent.tags.values for parent in self.event.parents)]

    def nearest(self, key: str) -> str:
        """Return the tag of the resource, else that of the nearest parent that has one."""
        found = [(self.tag(key, values) or "").strip() for values in self.family()]
        return next(filter(None, found), "")

    def keys(self, name: str, otherwise: Any) -> Any:
        return self.content.get("tags", {}).get(name, otherwise)

    def owners(self) -> list[str]:
        found = next(filter(None, map(self.owners_by, self.family())), [])
        default = self.account.get("default_owner", "")
        others = [owner for owner in (self.event.owner, default) if owner in self.content["owners"]]
        return list(dict.fromkeys(found)) or others[:1]

    def owners_by(self, values: Mapping[str, str]) -> list[str]:
        split = self.keys("split", "")
        found: list[str] = []
        for key in listed(self.keys("owner", "Owner")):
            value = (self.tag(key, values) or "").strip()
            parts = [value] if self.meant(value) or not split else [""]
            if not self.meant(value):
                for character in value if split else "":
                    parts = [*parts, ""] if character in split else [*parts[:-1], parts[-1] + character]
            found += [owner for part in parts for owner in self.meant(part.strip())]
            if found and self.keys("owner_keys", "first") == "first":
                break
        return found

    def meant(self, value: str) -> list[str]:
        def same(one: str) -> bool:
            return value.casefold() == one.casefold() if self.keys("owner_case", "") == "ignore" else value == one

        owners = self.content["owners"].items()
        return [str(name) for name, owner in owners if any(same(one) for one in (name, *owner["aliases"]))][:1]

    def set_severity(self) -> None:
        for rule in self.content.get("severity_rules", []):
            if self.holds(rule["when"]):
                self.severity = Severity[rule["set"].upper()]
                break
        key = self.keys("severity", "notify:severity")
        wanted = self.nearest(key).upper() if key else ""
        if wanted in SEVERITIES:
            bounded = min(max(Severity[wanted], self.least), self.most)
            if not self.protected or bounded >= self.severity:
                self.severity = bounded

    def tagged_silent(self) -> bool:
        tags = self.keys("ignore", [{"key": "notify:ignore", "values": ["true"]}])
        return any(
            self.nearest(one["key"]).casefold() in [text(value).casefold() for value in one["values"]] for one in tags
        )

    def muted(self) -> bool:
        key = self.keys("mute_until", "notify:mute-until")
        value = self.nearest(key) if key else ""
        if value not in MOMENTS and value not in DATES:
            return False
        return self.at < self.ends(value) <= self.at + self.days

    def ends(self, value: str) -> datetime:
        if value in MOMENTS:
            return MOMENTS[value]
        return datetime.combine(date.fromisoformat(value) + timedelta(days=1), time(), self.zone)

    def begins(self, value: str) -> datetime:
        if value in DATES:
            return datetime.combine(date.fromisoformat(value), time(), self.zone)
        return datetime.fromisoformat(value)

    def fact(self, key: str) -> str | None:
        event = self.event
        _, _, service, region, _, resource = (*event.resource.split(":", 5), *[""] * 6)[:6]
        kind, slash, _ = resource.partition("/")
        is_arn = event.resource.startswith("arn:")
        names = (self.tag(one) for one in listed(self.keys("name", "Name")))
        facts = {
            "type": event.type,
            "to": event.state,
            "severity": self.severity.name,
            "transitional": text(event.transitional),
            "drill": text(event.drill),
            "phase": event.phase,
            "resource_type": (f"{service}:{kind}" if slash else service) if is_arn else None,
            "region": region,
            "name": next((name.strip() for name in names if name and name.strip()), None),
            "owner": self.owner,
            "account": self.account.get("name"),
            "environment": self.account.get("environment"),
        }
        if key.startswith("labels."):
            return self.event.labels.get(key.removeprefix("labels."))
        if key.startswith("tag."):
            return self.tag(key.removeprefix("tag."))
        return facts[key] or None

    def holds(self, match: Mapping[str, Any]) -> bool:
        return all(self.satisfied(key, [text(one) for one in listed(value)]) for key, value in match.items())

    def satisfied(self, key: str, wanted: list[str]) -> bool:
        fact = self.fact(key)
        takes = [one for one in wanted if not one.startswith("!")]
        if fact is None:
            return not takes or "!*" in wanted
        leaves = [one[1:] for one in wanted if one.startswith("!") and not (takes and one == "!*")]
        taken = not takes or any(self.is_(key, fact, one) for one in takes)
        return taken and not any(self.is_(key, fact, one) for one in leaves)

    @staticmethod
    def is_(key: str, fact: str, wanted: str) -> bool:
        if key == "severity":
            level = Severity[wanted.lstrip("<>=").upper()]
            mine = Severity[fact]
            return mine >= level if wanted[0] == ">" else mine <= level if wanted[0] == "<" else mine == level
        return like(wanted, fact)


def like(pattern: str, value: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value, re.DOTALL) is not None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
