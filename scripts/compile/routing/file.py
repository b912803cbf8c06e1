"""A routing file: what is wrong in it, what is worth a look, and what the functions and Terraform read of it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import jsonschema

from aws_service_event_handler.generic import UNMAPPED
from infra_events.domain.event import Severity
from infra_events.domain.time import expiry
from infra_events.routing.model import PROTECTED, Bounds, TagKeys
from infra_events.routing.rules import ANY, NOT, Rules, glob
from scripts import project
from scripts.compile import catalogue
from scripts.compile.routing import coverage as routing_match
from scripts.compile.routing.coverage import suggestion, texts
from scripts.compile.yaml_file import FindingError, YamlFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from infra_events.routing.rules import Condition

SCHEMA = project.ROOT / "docs" / "schemas" / "routing.json"
TIMEZONE = "Etc/UTC"
OWNERS_LIMIT = 200
"""Filter policies that one topic takes: https://docs.aws.amazon.com/general/latest/gr/sns.html."""

_SECRETS = {
    "a webhook's address": re.compile(
        r"https?://\S*(hooks?\.|webhook|/services/T[A-Z0-9]{6,}/)|hooks\.slack\.com", re.IGNORECASE
    ),
    "a Slack token": re.compile(r"\bxox[a-z]-", re.IGNORECASE),
    "a signature": re.compile(r"\bsig=", re.IGNORECASE),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
}
_UNPRINTABLE = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Control characters, halves of surrogate pairs, line and paragraph separators: Unicode's general categories."""

_Path = tuple[str | int, ...]


class LocatedError(FindingError):
    """A finding that knows its line."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(file, line, message)
        self.line = line


class RoutingFile(YamlFile):
    """One routing file. Findings come in the order of their lines; only without errors there is a `document`."""

    @cached_property
    def errors(self) -> Sequence[LocatedError]:
        """Everything that is wrong, in one go; a part that breaks the schema is not looked at further."""
        found = chain(
            self._violations,
            self._secrets(),
            self._unprintable(),
            self._defaults(),
            self._bounds(),
            self._owners(),
            self._names(),
            self._matches(),
            self._unreachable(),
            self._routes(),
            self._ignores(),
            self._tests(),
        )
        return self._in_order(found)

    @cached_property
    def warnings(self) -> Sequence[LocatedError]:
        """What does no harm and is hardly meant so. For a file without errors."""
        return self._in_order(chain(self._unused(), self._chats(), self._expired(), self._consumers(), self._types()))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which dates end; UTC where the file names none that there is."""
        said = dict(self._sound("defaults")).get(("defaults", "timezone"))
        return ZoneInfo(said if said in available_timezones() else TIMEZONE)

    def document(self) -> dict[str, Any]:
        """Return what the functions and Terraform read, with every default in its place."""
        content = self.content
        bounds, tags, standard = content.get("bounds", {}), content.get("tags", {}), TagKeys()
        severity = bounds.get("severity", {})
        return {
            "version": content["version"],
            "source_sha256": hashlib.sha256(self.file.read_bytes()).hexdigest(),
            "timezone": self.zone.key,
            "fallback": content["defaults"]["fallback"],
            "tags": {
                "name": texts(tags.get("name", list(standard.name))),
                "owner": texts(tags.get("owner", list(standard.owner))),
                "ignore": [
                    {"key": tag["key"], "values": texts(tag["values"])}
                    for tag in tags.get("ignore", [{"key": t.key, "values": [*t.values]} for t in standard.ignore])
                ],
                "mute_until": tags.get("mute_until", standard.mute_until) or "",
                "severity": tags.get("severity", standard.severity) or "",
            },
            "bounds": {
                "max_mute_days": bounds.get("max_mute_days", Bounds().max_mute_days),
                "least_severity": severity.get("at_least", Bounds().at_least.name).upper(),
                "most_severity": severity.get("at_most", Bounds().at_most.name).upper(),
                "protected": bounds.get("protected", []),
            },
            "owners": {
                name: {
                    "aliases": texts(owner.get("aliases", [])),
                    "queue": owner.get("queue", False),
                    "topic": owner.get("topic", False),
                    "consumers": texts(owner.get("consumers", [])),
                }
                for name, owner in content.get("owners", {}).items()
            },
            "channels": {"emails": "email"},
            "destinations": {name: {"emails": one["emails"]} for name, one in content["destinations"].items()},
            "severity_rules": [
                {
                    "name": rule.get("name", str(position)),
                    "match": routing_match.compiled(rule["when"]),
                    "severity": rule["set"].upper(),
                }
                for position, rule in enumerate(content.get("severity_rules", []), start=1)
            ],
            "routes": [
                {
                    "name": route["name"],
                    "match": routing_match.compiled(route["match"]),
                    "to": list(dict.fromkeys(texts(route["to"]))),
                    "continue": route.get("continue", False),
                }
                for route in content.get("routes", [])
            ],
            "ignore": [
                {
                    "name": rule["name"],
                    "match": routing_match.compiled(rule["match"]),
                    "reason": rule["reason"],
                    "expires": expiry(rule["expires"], self.zone).astimezone(UTC).isoformat(),
                }
                for rule in content.get("ignore", [])
            ],
        }

    def complaint(self, path: _Path, message: str) -> LocatedError:
        """Return a finding that names its place; what may be a secret is not repeated."""
        where = ".".join(str(part) for part in path) or "the file"
        words = f"{where}: {message}".split(" ")
        return LocatedError(self.file, self.line(path), " ".join("…" if _secret(word) else word for word in words))

    def _moment(self, text: str) -> datetime | None:
        """Read a time, or a date as its end; None for anything else."""
        try:
            return expiry(text, self.zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @staticmethod
    def _in_order(findings: Iterable[LocatedError]) -> Sequence[LocatedError]:
        return sorted(findings, key=lambda finding: finding.line)

    @cached_property
    def _violations(self) -> Sequence[LocatedError]:
        return [self.complaint(path, message) for path, message in self._broken]

    @cached_property
    def _broken(self) -> Sequence[tuple[_Path, str]]:
        """What breaks the schema: where, and what and why."""
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        errors = jsonschema.Draft202012Validator(schema).iter_errors(self.content)
        return list(chain.from_iterable(map(_violation, errors)))

    def _sound(self, *section: str) -> Iterator[tuple[_Path, Any]]:
        """Yield those parts of a section that keep to the schema, each with its path."""
        values: Any = self.content
        for name in section:
            values = values.get(name, {}) if isinstance(values, dict) else {}
        parts = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
        for key, value in parts:
            path = (*section, key)
            if not any(_within(broken, path) or _within(path, broken) for broken, _ in self._broken):
                yield path, value

    def _known(self, section: str) -> dict[str, Any]:
        """Return all of a section by name, sound or not: so that a mistake there is no second one elsewhere."""
        values = self.content.get(section) if isinstance(self.content, dict) else None
        return values if isinstance(values, dict) else {}

    def _secrets(self) -> Iterator[LocatedError]:
        for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), start=1):
            if kind := _secret(line):
                yield LocatedError(
                    self.file, number, f"this looks like {kind} (keep it in Secrets Manager; name it here)"
                )

    def _unprintable(self) -> Iterator[LocatedError]:
        for path, value in _all_texts(self.content, ()):
            if any(unicodedata.category(character) in _UNPRINTABLE for character in value):
                yield self.complaint(path, "a text has one line, and no control characters")

    def _defaults(self) -> Iterator[LocatedError]:
        for path, value in self._sound("defaults"):
            if path[-1] == "timezone" and value not in available_timezones():
                yield self.complaint(path, f"{value!r} is no time zone ({suggestion(value, available_timezones())})")
            if path[-1] == "fallback" and value not in self._known("destinations"):
                yield self._unresolved(path, value, "destination", "destinations")

    def _unresolved(self, path: _Path, name: str, kind: str, section: str) -> LocatedError:
        return self.complaint(path, f"there is no {kind} {name!r} ({suggestion(name, self._known(section))})")

    def _bounds(self) -> Iterator[LocatedError]:
        asked = {path[-1]: Severity[value.upper()] for path, value in self._sound("bounds", "severity")}
        if asked.get("at_least", Severity.DEBUG) > asked.get("at_most", Severity.FATAL):
            yield self.complaint(("bounds", "severity"), "at_least is more than at_most")

    def _owners(self) -> Iterator[LocatedError]:
        owners = list(self._sound("owners"))
        taken: dict[str, str] = {str(path[-1]): str(path[-1]) for path, _ in owners}
        for path, owner in owners:
            for index, alias in enumerate(texts(owner.get("aliases", []))):
                here = (*path, "aliases", index)
                if alias != alias.strip():
                    yield self.complaint(here, f"{alias!r} begins or ends with a space, which tags are read without")
                if taken.setdefault(alias, str(path[-1])) != path[-1]:
                    yield self.complaint(here, f"{alias!r} means {taken[alias]} already (a tag names one owner)")
        for kind in ("queue", "topic"):
            count = sum(owner.get(kind, False) for _, owner in owners)
            if count > OWNERS_LIMIT:
                message = f"{count} owners have a {kind}; at most {OWNERS_LIMIT} can (the others still get their mails)"
                yield self.complaint(("owners",), message)

    def _names(self) -> Iterator[LocatedError]:
        for section in ("severity_rules", "routes", "ignore", "tests"):
            first: dict[str, int] = {}
            for path, part in self._sound(section):
                name = part.get("name", "")
                if name in first:
                    yield self.complaint((*path, "name"), f"{name!r} is taken in line {first[name]} (names are unique)")
                elif name:
                    first[name] = self.line(path)

    @cached_property
    def _match_problems(self) -> Sequence[tuple[_Path, str]]:
        """What is wrong in matches: where, and what and why."""
        return [
            ((*path, word, key), message)
            for section, word in (("severity_rules", "when"), ("routes", "match"), ("ignore", "match"))
            for path, part in self._sound(section)
            for key, message in routing_match.problems(part[word], self._known("owners"))
        ]

    def _matches(self) -> Iterator[LocatedError]:
        yield from (self.complaint(path, message) for path, message in self._match_problems)

    def _unreachable(self) -> Iterator[LocatedError]:
        """Yield rules that come too late: one before them, without `continue`, takes all that they could."""
        owners = self._known("owners")
        wrong = {path[:2] for path, _ in self._match_problems}
        for section, word in (("severity_rules", "when"), ("routes", "match")):
            rules = [
                _Placed(path, part, routing_match.conditions(part[word]))
                for path, part in self._sound(section)
                if path not in wrong
            ]
            final = Rules([rule for rule in rules if not rule.part.get("continue", False)])
            for rule in rules:
                for earlier in final.matching(routing_match.witness(rule.match, owners)):
                    if earlier.path >= rule.path:
                        break
                    if routing_match.implies(rule.match, earlier.match, owners):
                        line, name = self.line(earlier.path), earlier.part.get("name", "the one")
                        message = f"nothing ever gets here: {name} in line {line} takes all of it (move this before it)"
                        yield self.complaint(rule.path, message)
                        break

    def _routes(self) -> Iterator[LocatedError]:
        tests = list(self._sound("tests"))
        told = self._known_tests() == len(tests)
        tested = {name for _, test in tests for name in _expected_routes(test)}
        for path, route in self._sound("routes"):
            for name in texts(route["to"]):
                if name not in self._known("destinations"):
                    yield self._unresolved((*path, "to"), name, "destination", "destinations")
            if told and route["name"] not in tested:
                message = f"no test expects {route['name']} (add one to tests, with expect: {{route: {route['name']}}})"
                yield self.complaint(path, message)

    def _known_tests(self) -> int:
        tests = self.content.get("tests", []) if isinstance(self.content, dict) else []
        return len(tests) if isinstance(tests, list) else -1

    def _ignores(self) -> Iterator[LocatedError]:
        protected = [*PROTECTED, *(pattern for _, pattern in self._sound("bounds", "protected"))]
        for path, rule in self._sound("ignore"):
            for pattern in texts(rule["match"].get("type", [])):
                for one in protected:
                    if not pattern.startswith(NOT) and routing_match.overlap(pattern, one):
                        message = (
                            f"{pattern!r} reaches {one}, which is protected: it would not hold there (be narrower)"
                        )
                        yield self.complaint((*path, "match", "type"), message)
                        break
            if self._moment(rule["expires"]) is None:
                hint = "such as 2027-03-31, or 2027-03-31T12:00:00Z"
                yield self.complaint((*path, "expires"), f"{rule['expires']!r} is no date or time ({hint})")

    def _tests(self) -> Iterator[LocatedError]:
        routes = [part["name"] for _, part in self._sound("routes")]
        whole = isinstance(self.content, dict) and len(routes) == len(self.content.get("routes", []))
        for path, test in self._sound("tests"):
            given, expected = test["given"], test["expect"]
            if "at" in given and self._moment(given["at"]) is None:
                yield self.complaint((*path, "given", "at"), f"{given['at']!r} is no time (2026-01-31T12:00:00Z is)")
            if ANY in given["type"]:
                yield self.complaint((*path, "given", "type"), "an event's type has no *")
            for name in _expected_routes(test):
                if whole and name not in routes:
                    message = f"there is no route {name!r} ({suggestion(name, routes)})"
                    yield self.complaint((*path, "expect", "route"), message)
            for name in texts(expected.get("to", [])):
                if name not in self._known("destinations"):
                    yield self._unresolved((*path, "expect", "to"), name, "destination", "destinations")
            if (owner := expected.get("owner")) and owner not in self._known("owners"):
                yield self._unresolved((*path, "expect", "owner"), owner, "owner", "owners")

    def _unused(self) -> Iterator[LocatedError]:
        used = {self.content["defaults"]["fallback"]}
        used.update(chain.from_iterable(texts(route["to"]) for _, route in self._sound("routes")))
        for path, _ in self._sound("destinations"):
            if path[-1] not in used:
                yield self.complaint(path, "no route goes here")

    def _chats(self) -> Iterator[LocatedError]:
        for path, destination in self._sound("destinations"):
            if "chat" in destination:
                yield self.complaint((*path, "chat"), "no channel of this version serves it: only its emails are")

    def _expired(self) -> Iterator[LocatedError]:
        now = datetime.now(UTC)
        for path, rule in self._sound("ignore"):
            if expiry(rule["expires"], self.zone) <= now:
                yield self.complaint((*path, "expires"), f"{rule['name']} has expired, and ignores nothing any more")

    def _consumers(self) -> Iterator[LocatedError]:
        for path, owner in self._sound("owners"):
            if owner.get("consumers") and not (owner.get("queue") or owner.get("topic")):
                yield self.complaint(
                    (*path, "consumers"), "there is nothing to consume: neither queue nor topic is true"
                )

    def _types(self) -> Iterator[LocatedError]:
        """Yield types of AWS events that the catalogue does not give; of other origins nothing is known."""
        rules = (("severity_rules", "when"), ("routes", "match"), ("ignore", "match"), ("tests", "given"))
        for section, word in rules:
            for path, part in self._sound(section):
                for value in texts(part[word].get("type", [])):
                    pattern = value.removeprefix(NOT)
                    if message := self._doubt(pattern):
                        yield self.complaint((*path, word, "type"), message)

    def _doubt(self, pattern: str) -> str:
        """Say what is odd about a type, if anything is: of other origins than AWS's only the beginning is known."""
        if not pattern.startswith(("infra.", ANY)):
            return f"{pattern!r} is no type: all begin with infra. (AWS's with infra.aws.<service>.)"
        if not pattern.startswith("infra.aws.") or self._is_given(pattern):
            return ""
        service = pattern.split(".")[2]
        same = [given for given in self._types_given if given.startswith(f"infra.aws.{service}.")]
        known = suggestion(pattern, same or self._types_given)
        return f"no catalogue entry gives {pattern!r} ({known}; `make catalogue SERVICE={service}` lists them)"

    @cached_property
    def _types_given(self) -> frozenset[str]:
        """Every type that the catalogue gives, failed calls too."""
        return frozenset(entry[key] for entry in catalogue.compiled()["entries"] for key in ("type", "failure_type"))

    def _is_given(self, pattern: str) -> bool:
        return pattern.endswith(UNMAPPED) or any(glob(pattern, given) for given in self._types_given)


class _Placed:
    """A rule of the file with its place; `match` lets it be filed like those in force."""

    def __init__(self, path: _Path, part: dict[str, Any], match: Sequence[Condition]) -> None:
        self.path = path
        self.part = part
        self.match = match


def _violation(error: jsonschema.ValidationError) -> Iterator[tuple[_Path, str]]:
    """Say in words what breaks the schema, and where exactly."""
    path, schema = tuple(error.absolute_path), error.schema if isinstance(error.schema, dict) else {}
    hint = f" ({schema['description']})" if "description" in schema else ""
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for key in instance:
            if key not in known:
                yield (*path, key), f"{key} is not known here ({suggestion(key, known)})"
    elif error.validator == "required":
        for key in schema["required"]:
            if key not in instance:
                yield (*path, key), f"{key} is missing{hint}"
    elif "propertyNames" in error.absolute_schema_path:
        yield (*path, instance), f"{instance!r} is no name for this{hint}"
    elif error.validator == "pattern":
        yield path, f"{instance!r} is not right{hint}"
    else:
        yield path, f"{error.message[:200]}{hint}"


def _within(path: _Path, parent: _Path) -> bool:
    return path[: len(parent)] == parent


def _secret(text: str) -> str:
    """Say what sort of secret stands in a text; empty where none does."""
    return next((kind for kind, pattern in _SECRETS.items() if pattern.search(text)), "")


def _all_texts(value: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    """Yield every text in a file, keys too."""
    if isinstance(value, str):
        yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if isinstance(key, str):
            yield (*path, key), key
        yield from _all_texts(part, (*path, key))


def _expected_routes(test: dict[str, Any]) -> list[str]:
    return texts(test["expect"].get("route") or [])
