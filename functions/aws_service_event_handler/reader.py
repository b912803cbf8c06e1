"""What we know of AWS's events, as data: the compiled form of catalogue/*.yaml (docs/catalogue.md explains it).

Paths are JMESPath expressions over the whole event, compiled when an event first needs them. Whatever a path does not
find, or finds in a shape that cannot be, is absent: an entry that no longer fits its event costs words, never an event.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jmespath

from aws_service_event_handler import generic
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reading import Found, Reading, error_code
from infra_events.domain.arn import Arn, partition_of
from infra_events.domain.console import console_host
from infra_events.domain.event import Phase, Severity, Status
from infra_events.domain.text import one_line

COMPILED = Path(__file__).with_name("catalogue.json")
"""What `make package` makes of catalogue/*.yaml, beside this file in the zip."""

SUMMARY_LIMIT = 256
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[\w.~:/\[\]@%-]{1,255}", re.ASCII)
_ID = re.compile(r"[\w][\w.@/+=#-]*")

Entry = Mapping[str, Any]


class Catalogue:
    """Entries by source and detail-type."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Take compiled entries; where several fit an event, the first does."""
        self._entries: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            for source in entry["sources"]:
                for detail_type in entry["detail_types"]:
                    self._entries.setdefault((source, detail_type), []).append(entry)

    @classmethod
    def load(cls, file: Path = COMPILED) -> "Catalogue":
        """Load what `make package` compiled."""
        return cls(json.loads(file.read_text(encoding="utf-8"))["entries"])

    def entry(self, event: AwsEvent) -> Entry | None:
        """Find the entry that knows ``event``."""
        candidates = self._entries.get((event.source, event.detail_type), ())
        return next((entry for entry in candidates if _fits(entry, event)), None)

    def read(self, event: AwsEvent) -> Reading | None:
        """Read ``event`` by its entry; None when there is none."""
        entry = self.entry(event)
        return None if entry is None else _Reader(entry, event).read()


def _fits(entry: Entry, event: AwsEvent) -> bool:
    """Tell whether every condition beside source and detail-type holds."""
    return all(set(_strings(search(path, event.document))) & set(values) for path, values in entry["where"].items())


class _Reader:
    """One entry at work on one event."""

    def __init__(self, entry: Entry, event: AwsEvent) -> None:
        self._entry = entry
        self._event = event
        self._facts: dict[str, str] = {
            "account": event.account_id,
            "region": event.region,
            "partition": partition_of(event.region),
        } | {name: self._text(path) for name, path in entry["let"].items()}

    def read(self) -> Reading:
        entry = self._entry
        state = self._text(entry["state"]) or generic.state(self._event)
        failure = error_code(self._event)
        actor = self._text(entry["actor"])
        origin = self._text(entry["origin"])
        known = {} if failure else entry["states"].get(state.lower(), {})
        self._facts |= {
            "state": known.get("words") or state,
            "previous": self._text(entry["previous_state"]),
            "reason": self._text(entry["reason"]),
            "actor": _who(actor),
        }
        phase = known.get("phase")
        return Reading(
            type=entry["failure_type"] if failure else entry["type"],
            resources=[self._found(resource, failure) for resource in self._resources()],
            state=f"{state} failed: {failure}" if failure else state,
            severity=Severity[entry["failure_severity"]] if failure else self._severity(known),
            status=Status(known.get("status", "event")),
            previous_state=self._facts["previous"],
            phase=Phase(phase) if phase else None,
            transitional=known.get("transitional", False),
            reason=self._facts["reason"],
            actor=actor,
            origin=origin if _ORIGIN.fullmatch(origin) else "",
        )

    def _text(self, path: str) -> str:
        """The first string or number that a path finds, on one line."""
        found = next(iter(_strings(search(path, self._event.document))), "") if path else ""
        return one_line(found, SUMMARY_LIMIT * 4)

    def _resources(self) -> Sequence[str]:
        found = [resource for finder in self._entry["resources"] for resource in self._find(finder)]
        return list(dict.fromkeys(found)) or generic.resources(self._event)

    def _found(self, resource: str, failure: str) -> Found:
        """Say what there is to say of a resource; where only the account is known, that, and no page of a resource."""
        arn = Arn.parse(resource)
        resource_id = arn.resource_id if arn else resource
        only_account = resource == generic.account(self._event) and self._entry["resources"]
        return Found(
            resource=resource,
            summary=self._summary(f"account {self._event.account_id}" if only_account else resource_id, failure),
            link="" if only_account else self._link(resource),
        )

    def _find(self, finder: Mapping[str, str]) -> Iterator[str]:
        """An ARN stays what it is; an id becomes one where everything that belongs into it is known."""
        template, prefix, after = (finder.get(name, "") for name in ("arn", "prefix", "after"))
        for value in _strings(search(finder["ids"], self._event.document)):
            named = value.rpartition(after)[2] or value if after and not Arn.parse(value) else value
            if template and _ID.fullmatch(named) and named.startswith(prefix):
                yield self._fill(f"arn:{{partition}}:{template}", {"id": named}) or named
            elif template:
                yield named
            else:
                yield generic.completed(named, self._facts["region"], self._facts["account"])

    def _fill(self, template: str, more: dict[str, str]) -> str:
        """Fill a template's placeholders; empty when one of them has no value."""
        facts = self._facts | more
        names = _PLACEHOLDER.findall(template)
        if not all(facts.get(name) for name in names):
            return ""
        return _PLACEHOLDER.sub(lambda match: facts[match[1]], template)

    def _severity(self, known: Mapping[str, Any]) -> Severity:
        """By the state, else by the value that says it, else the entry's own."""
        if "severity" in known:
            return Severity[known["severity"]]
        rule = self._entry["severity"]
        value = self._text(rule["by"]) if rule["by"] else ""
        if value.upper() in rule["values"]:
            return Severity[rule["values"][value.upper()]]
        for least, severity in rule["at_least"]:
            if _number(value) >= least:
                return Severity[severity]
        return Severity[rule["default"]]

    def _summary(self, resource_id: str, failure: str) -> str:
        facts = {"id": resource_id, "error": failure}
        templates = self._entry["failure_summary"] if failure else self._entry["summary"]
        return one_line(next(filter(None, (self._fill(t, facts) for t in templates)), ""), SUMMARY_LIMIT)

    def _link(self, resource: str) -> str:
        """A page of the resource's own partition, and only there where the region has the form of one."""
        arn = Arn.parse(resource)
        region = (arn and arn.region) or self._event.region
        host = console_host(arn.partition if arn else partition_of(region), region)
        if not host:
            return ""
        facts = {name: quote(value, safe="") for name, value in self._facts.items()}
        facts |= {"console": host, "region": region}
        facts |= {"id": quote(arn.resource_id if arn else resource, safe=""), "arn": quote(resource, safe="")}
        template: str = self._entry["link"]
        if not all(facts.get(name) for name in _PLACEHOLDER.findall(template)):
            return ""
        return _PLACEHOLDER.sub(lambda match: facts[match[1]], template)


def _who(actor: str) -> str:
    """What people call an actor: ``jane`` of a user's ARN, of a role's session or of ``AIDA…:jane``."""
    arn = Arn.parse(actor)
    return re.split("[/:]", arn.resource if arn else actor)[-1] or actor


@cache
def _compiled(path: str) -> Any:
    return jmespath.compile(path)


def search(path: str, document: Mapping[str, Any]) -> Any:
    """Search; None where a path meets what it was not made for."""
    try:
        return _compiled(path).search(document)
    except Exception:  # noqa: BLE001 - jmespath's functions raise whatever a wrong shape makes them raise
        return None


def _strings(found: Any, levels: int = 8) -> Iterator[str]:
    """Every string and number in what a path found, without the empty ones; what lies deeper says nothing."""
    for value in found if isinstance(found, list) else (found,):
        if isinstance(value, list):
            if levels:
                yield from _strings(value, levels - 1)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            yield str(value).strip()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("-inf")
