"""The catalogue at work: reads the events that have an entry in catalogue/*.yaml (docs/catalogue.md explains entries).

Paths are JMESPath expressions over the whole event, compiled when an event first needs them. A path that finds nothing,
or a value of a wrong shape, counts as absent: an entry that no longer fits its event costs a detail, never the event.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jmespath

from aws_service_event_handler.best_guess import resources_of, state_of
from aws_service_event_handler.cloudtrail import call_error
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reading import NamedResource, Reading
from aws_service_event_handler.resource_ids import account_arn, completed, whole_arn
from infra_events.domain.arn import Arn, partition_of
from infra_events.domain.console import console_host
from infra_events.domain.event import Phase, Severity, Status
from infra_events.domain.notification import HEARTBEAT
from infra_events.domain.text import one_line

COMPILED = Path(__file__).with_name("catalogue.json")
"""What ``make package`` makes of catalogue/*.yaml, beside this file in the zip."""

SUMMARY_LIMIT = 256
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[\w.~:/\[\]@%-]{1,255}", re.ASCII)
_ID = re.compile(r"[\w][\w.@/+=#-]*")

Entry = Mapping[str, Any]


class Catalogue:
    """Entries by source and detail-type."""

    def __init__(self, entries: Sequence[Entry], heartbeat_rule: str | None = None) -> None:
        """Take compiled entries; of several that fit an event, the first counts.

        Only the rule ``heartbeat_rule``, an ARN, sends heartbeats; any does where that is None. Otherwise an event that
        looks like one would keep the alarm quiet while that rule, or what is behind it, fails.
        """
        self._heartbeat_rule = Arn.parse(heartbeat_rule or "")
        self._entries: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            for source in entry["sources"]:
                for detail_type in entry["detail_types"]:
                    self._entries.setdefault((source, detail_type), []).append(entry)

    @classmethod
    def load(cls, file: Path = COMPILED, heartbeat_rule: str | None = None) -> "Catalogue":
        """Load the compiled catalogue."""
        return cls(json.loads(file.read_text(encoding="utf-8"))["entries"], heartbeat_rule)

    def entry(self, event: AwsEvent) -> Entry | None:
        """Return the entry of an event; None when it is unmapped."""
        candidates = self._entries.get((event.source, event.detail_type), ())
        found = next((entry for entry in candidates if _fits(entry, event)), None)
        return None if found and found["type"] == HEARTBEAT and not self._is_heartbeat(event) else found

    def _is_heartbeat(self, event: AwsEvent) -> bool:
        rule = self._heartbeat_rule
        return rule is None or (event.account_id == rule.account_id and event.resources == (str(rule),))

    def read(self, event: AwsEvent) -> Reading | None:
        """Return what the entry of an event reads out of it; None when it is unmapped."""
        entry = self.entry(event)
        return None if entry is None else _read_by(entry, event)


def _fits(entry: Entry, event: AwsEvent) -> bool:
    """Return whether every condition of an entry holds, beside source and detail-type."""
    return all(set(_texts(search(path, event.document))) & set(values) for path, values in entry["where"].items())


def _read_by(entry: Entry, event: AwsEvent) -> Reading:
    state = _text(event, entry["state"]) or state_of(event)
    failure, actor, origin = call_error(event), _text(event, entry["actor"]), _text(event, entry["origin"])
    known = {} if failure else entry["states"].get(state.lower(), {})
    phase = known.get("phase")
    facts = {
        "account": event.account_id,
        "region": event.region,
        "partition": partition_of(event.region),
        **{name: _behind(_text(event, known["path"]), known["after"]) for name, known in entry["let"].items()},
        "state": known.get("words") or state,
        "previous": _text(event, entry["previous_state"]),
        "reason": _text(event, entry["reason"]),
        "actor": _short_name(actor),
    }
    templates = _Templates(entry=entry, event=event, facts=facts, failure=failure)
    return Reading(
        type=entry["failure_type"] if failure else entry["type"],
        resources=templates.resources(),
        state=f"{state} failed: {failure}" if failure else state,
        severity=Severity[entry["failure_severity"]] if failure else _severity(entry, event, known),
        status=Status(known.get("status", "event")),
        previous_state=facts["previous"],
        phase=Phase(phase) if phase else None,
        transitional=known.get("transitional", False),
        reason=facts["reason"],
        actor=actor,
        origin=origin if _ORIGIN.fullmatch(origin) else "",
        parents=templates.parents(),
        labels={name: label for name, path in entry["labels"].items() if (label := _text(event, path))},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Templates:
    """The templates of an entry, and what fills them: the facts of one event by placeholder, and its failure."""

    entry: Entry
    event: AwsEvent
    facts: Mapping[str, str]
    failure: str

    def resources(self) -> Sequence[NamedResource]:
        """Return the resources that the entry finds, each once; else those that the event shows by itself."""
        found = [resource for finder in self.entry["resources"] for resource in self._find(finder)]
        return [self._named(resource) for resource in list(dict.fromkeys(found)) or resources_of(self.event)]

    def parents(self) -> Sequence[str]:
        """Return the ARNs that the entry finds of what the resources belong to, each once."""
        found = (
            parent
            for finder in self.entry["parents"]
            for parent in (self._find_keyed(finder) if "arns" in finder else self._find(finder))
        )
        account_id, region = self.facts["account"], self.facts["region"]
        return list(dict.fromkeys(filter(None, (whole_arn(parent, region, account_id) for parent in found))))

    def _named(self, resource: str) -> NamedResource:
        """Return a resource with its summary and link. An account in place of an unknown resource has no link."""
        arn = Arn.parse(resource)
        resource_id = arn.resource_id if arn else resource
        account = account_arn(self.event.account_id, self.event.region)
        if resource == account and self.entry["resources"]:
            return NamedResource(resource=resource, summary=self._summary(f"account {self.event.account_id}"))
        return NamedResource(resource=resource, summary=self._summary(resource_id), link=self._link(resource))

    def _find_keyed(self, finder: Mapping[str, Any]) -> Iterator[str]:
        """Yield the ARNs of the ids that objects have under the keys of a finder, in the finder's order."""
        found = search(finder["in"], self.event.document)
        objects = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
        for key, template in finder["arns"].items():
            yield from self._arns(_texts([one.get(key) for one in objects]), {"arn": template})

    def _find(self, finder: Mapping[str, str]) -> Iterator[str]:
        """Yield the ARNs and ids that a finder finds; an id becomes an ARN where all parts of that are known."""
        return self._arns(_texts(search(finder["ids"], self.event.document)), finder)

    def _arns(self, values: Iterator[str], finder: Mapping[str, str]) -> Iterator[str]:
        template, prefix, after = (finder.get(name, "") for name in ("arn", "prefix", "after"))
        for value in values:
            named = value if Arn.parse(value) else _behind(value, after)
            if template and _ID.fullmatch(named) and named.startswith(prefix):
                yield _filled(f"arn:{{partition}}:{template}", {**self.facts, "id": named}) or named
            elif template:
                yield named
            else:
                yield completed(named, self.facts["region"], self.facts["account"])

    def _summary(self, resource_id: str) -> str:
        facts = {**self.facts, "id": resource_id, "error": self.failure}
        templates = self.entry["failure_summary"] if self.failure else self.entry["summary"]
        return one_line(next(filter(None, (_filled(template, facts) for template in templates)), ""), SUMMARY_LIMIT)

    def _link(self, resource: str) -> str:
        """Return a page of the console of the resource's partition; empty where the region is not known to be one."""
        arn = Arn.parse(resource)
        region = (arn and arn.region) or self.event.region
        host = console_host(arn.partition if arn else partition_of(region), region)
        if not host:
            return ""
        facts = {name: _quoted(value) for name, value in self.facts.items()} | {
            "console": host,
            "region": region,
            "id": _quoted(arn.resource_id if arn else resource),
            "arn": _quoted(resource),
        }
        return _filled(self.entry["link"], facts)


def _behind(text: str, mark: str) -> str:
    """Return what follows the last occurrence of a mark; the whole text without a mark, or when nothing follows."""
    return (text.rpartition(mark)[2] or text) if mark else text


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _filled(template: str, facts: Mapping[str, str]) -> str:
    """Return a template with its placeholders filled; empty when one of them has no value."""
    if not all(facts.get(name) for name in _PLACEHOLDER.findall(template)):
        return ""
    return _PLACEHOLDER.sub(lambda match: facts[match[1]], template)


def _severity(entry: Entry, event: AwsEvent, known: Mapping[str, Any]) -> Severity:
    """Return the severity of the state, else of the value that the entry compares, else the entry's default."""
    if "severity" in known:
        return Severity[known["severity"]]
    rule = entry["severity"]
    value = _text(event, rule["by"]) if rule["by"] else ""
    if value.upper() in rule["values"]:
        return Severity[rule["values"][value.upper()]]
    for least, severity in rule["at_least"]:
        if _number(value) >= least:
            return Severity[severity]
    return Severity[rule["default"]]


def _short_name(actor: str) -> str:
    """Return how people call an actor: ``jane`` for a user's ARN, a role's session or ``AIDA…:jane``."""
    arn = Arn.parse(actor)
    return re.split("[/:]", arn.resource if arn else actor)[-1] or actor


@cache
def _compiled(path: str) -> Any:
    return jmespath.compile(path)


def search(path: str, document: Mapping[str, Any]) -> Any:
    """Return what a path finds; None where the document has a shape that the path does not expect."""
    try:
        return _compiled(path).search(document)
    except Exception:  # noqa: BLE001 - jmespath's functions raise many errors for a wrong shape
        return None


def _text(event: AwsEvent, path: str) -> str:
    """Return the first string or number that a path finds, on one line; empty without a path."""
    found = next(iter(_texts(search(path, event.document))), "") if path else ""
    return one_line(found, SUMMARY_LIMIT * 4)


def _texts(found: Any, levels: int = 8) -> Iterator[str]:
    """Yield the strings and numbers that a path found, without empty ones and without those nested deeper."""
    for value in found if isinstance(found, list) else (found,):
        if isinstance(value, list):
            if levels:
                yield from _texts(value, levels - 1)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            yield str(value).strip()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("-inf")
