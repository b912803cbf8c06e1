"""Compiles functions/aws_service_event_handler/catalogue/*.yaml: entries for the function, patterns for EventBridge.

Everything that is wrong is found in one run, each with file and line. ``make package`` compiles the catalogue;
nothing else reads the YAML.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import click
import jmespath
from jmespath.exceptions import JMESPathError

from scripts import project
from scripts.compile import event_rules
from scripts.compile.event_rules import COMPARABLE, EVENT_NAME
from scripts.compile.violations import Problem, ValuePath, schema_problems
from scripts.compile.yaml_file import FindingError, YamlFile
from scripts.project import CommandError, UsageError

FOLDER = project.ROOT / "functions" / "aws_service_event_handler" / "catalogue"
SCHEMA = project.ROOT / "docs" / "schemas" / "catalogue.json"

API_CALL = "AWS API Call via CloudTrail"
READING = ("Get", "List", "Describe")
"""How the calls begin that EventBridge keeps from a rule which does not ask for reads."""

ACTOR = (
    "detail.userIdentity.arn || detail.userIdentity.sessionContext.sessionIssuer.arn"
    " || detail.userIdentity.invokedBy || detail.userIdentity.principalId || detail.userIdentity.type"
)
PLACEHOLDER = re.compile(r"\{([^}]*)\}")

ALWAYS_KNOWN = {"account", "region", "partition", "state", "previous", "reason", "actor", "id"}
"""Placeholders that every template may use."""

RESERVED = {"state", "previous", "reason", "actor", "id", "error", "console", "arn"}
"""Placeholders that a ``let`` may not redefine."""

PATHS = ("state", "previous_state", "reason", "actor", "origin")
"""Keys of an event whose values are JMESPath expressions."""

FINDERS = ("resources", "parents")
"""Keys of an event whose values are finders of ARNs and ids."""

Entry = dict[str, Any]

FAILED_CALL = "api_call.failed"
"""The type, after ``infra.<source>.``, of every call that failed."""


@cache
def security_types() -> Sequence[str]:
    """Return the security types of the whole catalogue, as ``compiled`` does. Raises CommandError."""
    return tuple(compiled()["security"])


def compiled(folder: Path = FOLDER) -> dict[str, Any]:
    """Return what the function loads (``entries``), what Terraform reads (``rules``, ``services``), and a ``digest``.

    ``rules`` are those of each service by name; ``services`` state where the events of each come up and what they need.
    ``security`` are the security types, in order, ``*`` standing for any run of characters: the compiled routing holds
    them.
    The digest is the SHA-256 of the files' SHA-256s in the order of their names. Terraform computes it too, and refuses
    a compiled catalogue that is older than its source. Raises CommandError with every finding.
    """
    sources = [YamlFile(file) for file in sorted(folder.glob("*.yaml"))]
    findings = list(chain.from_iterable(_findings(source) for source in sources)) or list(_overlaps(sources))
    if findings:
        raise CommandError("\n       ".join(str(finding) for finding in findings))
    entries = {source.content["service"]: _entries(source.content) for source in sources}
    rules = {service: event_rules.rules(service, known) for service, known in entries.items()}
    if twice := list(
        event_rules.overlaps({name: rule for several in rules.values() for name, rule in several.items()})
    ):
        raise CommandError("\n       ".join(f"an event may match both rules {one} and {two}" for one, two in twice))
    digests = "".join(hashlib.sha256(source.source).hexdigest() for source in sources)
    return {
        "digest": hashlib.sha256(digests.encode()).hexdigest(),
        "entries": [entry for service in entries.values() for entry in service],
        "rules": rules,
        "services": {source.content["service"]: _subscribed_in(source.content) for source in sources},
        "security": sorted({one for source in sources for one in _security_types(source.content)}),
    }


def _subscribed_in(content: dict[str, Any]) -> dict[str, Any]:
    """Return where a service's events come up (no regions: in each), and whether they need a trail of CloudTrail.

    ``elsewhere`` are the regions of types that come up in these alone, where others of the service come up everywhere.
    """
    events = [event for event in content["events"] if event.get("subscribe", True)]
    regions = [(event["type"], event.get("regions", content.get("regions", []))) for event in events]
    everywhere = not all(named for _, named in regions)
    by_trail = {_cloudtrail(event) for event in events}
    return {
        "regions": [] if everywhere else sorted({region for _, named in regions for region in named}),
        "elsewhere": {f"{_prefix(content)}.{kind}": named for kind, named in regions if everywhere and named},
        "trail": "all" if by_trail == {True} else "some" if True in by_trail else "none",
    }


def _texts(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(known: str | dict[str, str]) -> dict[str, str]:
    """Return how the value of a ``let`` is found: its path, and what stands before the part that counts, if any."""
    return {"path": known, "after": ""} if isinstance(known, str) else known


def _finders(event: dict[str, Any], key: str) -> list[dict[str, str]]:
    """Return the finders of an event's entry, to be checked; of ids by key, one for each key."""
    found: list[dict[str, str]] = []
    for one in _listed(event.get(key, [])):
        keyed = one.get("arns", {})
        found += [{"ids": f'{one["in"]}."{name}"', "arn": arn} for name, arn in keyed.items()] if keyed else [one]
    return found


def _entries(content: dict[str, Any]) -> list[Entry]:
    return [_entry(content, event) for event in content["events"]]


def _security_types(content: dict[str, Any]) -> Iterator[str]:
    """Yield the types of a service that nothing silences; of one that is all security, a pattern for each source."""
    if content.get("security") is True:
        yield from (f"infra.{source}.*" for source in _texts(content["sources"]))
        return
    if "security" in content:
        yield f"{_prefix(content)}.{FAILED_CALL}"
    yield from (f"{_prefix(content)}.{event['type']}" for event in content["events"] if "security" in event)


def _prefix(content: dict[str, Any]) -> str:
    """Return what the types of a service begin with."""
    return f"infra.{_texts(content['sources'])[0]}"


def _cloudtrail(event: dict[str, Any]) -> bool:
    """Return whether CloudTrail delivers the events, which needs a trail that logs them."""
    return "api_calls" in event or any(name.endswith("via CloudTrail") for name in _texts(event.get("detail_type")))


def _entry(content: dict[str, Any], event: dict[str, Any]) -> Entry:
    """Return an event's entry with every default in its place, so that the function needs none."""
    sources = _texts(event.get("sources") or content["sources"])
    prefix = _prefix(content)
    calls = _texts(event.get("api_calls"))
    cloudtrail = _cloudtrail(event)
    states = event.get("states", {})
    severity = event.get("severity", "INFO")
    rule: dict[str, Any] = {"default": severity} if isinstance(severity, str) else severity
    at_least = sorted(((float(least), name) for least, name in rule.get("at_least", {}).items()), reverse=True)
    return {
        "service": content["service"],
        "sources": sources,
        "detail_types": _texts(event.get("detail_type")) or [API_CALL],
        "where": event.get("where", {}) | ({EVENT_NAME: calls} if calls else {}),
        "subscribe": event.get("subscribe", True),
        "reads": event.get("reads") is True,
        "type": f"{prefix}.{event['type']}",
        "failure_type": f"{prefix}.{FAILED_CALL}",
        "let": {name: _value(known) for name, known in event.get("let", {}).items()},
        "resources": _listed(event.get("resources", [])),
        "parents": _listed(event.get("parents", [])),
        "state": event.get("state", EVENT_NAME),
        "previous_state": event.get("previous_state", ""),
        "reason": event.get("reason", "detail.errorMessage" if cloudtrail else ""),
        "actor": event.get("actor", ACTOR if cloudtrail else ""),
        "origin": event.get("origin", ""),
        "labels": event.get("labels", {}),
        "states": content["states"][states] if isinstance(states, str) else states,
        "severity": {
            "by": rule.get("by", ""),
            "values": rule.get("values", {}),
            "at_least": at_least,
            "default": rule["default"],
        },
        "failure_severity": event.get("failure_severity", "INFO"),
        "summary": _texts(event["summary"]),
        "failure_summary": ["{actor} tried {state} on {id}: {error}", "{state} on {id} failed: {error}"],
        "link": event.get("link", ""),
    }


def _findings(source: YamlFile) -> Iterator[FindingError]:
    """Yield everything that is wrong in one file; a file that breaks the schema is not checked further."""
    problems = schema_problems(source.content, json.loads(SCHEMA.read_text(encoding="utf-8"))) or _problems(source)
    found = (source.finding(problem.path, problem.message) for problem in problems)
    yield from sorted(found, key=lambda finding: finding.line)


def _problems(source: YamlFile) -> Iterator[Problem]:
    """Yield what is wrong in a file that keeps to the schema."""
    content = source.content
    if content["service"] != source.file.stem:
        yield Problem(path=("service",), message=f"service must be {source.file.stem}, as the file is named")
    for index, event in enumerate(content["events"]):
        path: ValuePath = ("events", index)
        yield from _malformed_paths(path, event)
        yield from _unknown_placeholders(path, event)
        for name in sorted(RESERVED & set(event.get("let", {}))):
            message = f"{name} is a placeholder already: take another name"
            yield Problem(path=(*path, "let", name), message=message)
        yield from _unasked_reads(path, event)
        if "security" in event and content.get("security") is True:
            yield Problem(path=(*path, "security"), message="all of the service are security types: leave it out here")
        states = event.get("states", {})
        if isinstance(states, str) and states not in content.get("states", {}):
            known = ", ".join(content.get("states", {})) or "none"
            message = f"there is no table of states named {states!r}; there is: {known}"
            yield Problem(path=(*path, "states"), message=message)


def _unasked_reads(path: ValuePath, event: dict[str, Any]) -> Iterator[Problem]:
    """Yield calls that read and that no rule would receive, and conditions that a rule of reads could not compare."""
    reading = [call for call in _texts(event.get("api_calls")) if call.startswith(READING)]
    if reading and event.get("subscribe", True) and "reads" not in event:
        message = f"{reading[0]} reads, and EventBridge delivers it only where reads: true; or write subscribe: false"
        yield Problem(path=(*path, "api_calls"), message=message)
    for name in event.get("where", {}) if event.get("reads") is True else ():
        if not COMPARABLE.fullmatch(name):
            message = (
                f"{name} is too much for the pattern of reads, which compares plain paths such as detail.errorCode"
            )
            yield Problem(path=(*path, "where", name), message=message)


def _malformed_paths(path: ValuePath, event: dict[str, Any]) -> Iterator[Problem]:
    """Yield expressions of an event's entry that are no JMESPath."""
    used: list[tuple[ValuePath, str]] = [((*path, name), event[name]) for name in PATHS if name in event]
    used += [((*path, "let", name), _value(known)["path"]) for name, known in event.get("let", {}).items()]
    used += [((*path, "labels", name), value) for name, value in event.get("labels", {}).items()]
    used += [((*path, "where", name), name) for name in event.get("where", {})]
    used += [((*path, key), finder["ids"]) for key in FINDERS for finder in _finders(event, key)]
    if isinstance(event.get("severity"), dict):
        used.append(((*path, "severity", "by"), event["severity"]["by"]))
    for where, expression in used:
        try:
            jmespath.compile(expression)
        except JMESPathError as error:
            yield Problem(path=where, message=f"{expression!r} is no JMESPath: {str(error).splitlines()[0]}")


def _unknown_placeholders(path: ValuePath, event: dict[str, Any]) -> Iterator[Problem]:
    """Yield placeholders of an event's templates that have no value there."""
    known = ALWAYS_KNOWN | set(event.get("let", {}))
    templates = [("summary", text, known) for text in _texts(event["summary"])]
    templates += [("link", text, known | {"console", "arn"}) for text in _texts(event.get("link"))]
    templates += [
        (key, finder["arn"], known - {"state", "previous", "reason", "actor"})
        for key in FINDERS
        for finder in _finders(event, key)
        if "arn" in finder
    ]
    for name, text, allowed in templates:
        for placeholder in PLACEHOLDER.findall(text):
            if placeholder not in allowed:
                there = ", ".join(sorted(allowed))
                message = f"{{{placeholder}}} is not known here; there is {there}; or add it to let"
                yield Problem(path=(*path, name), message=message)


def _overlaps(sources: Iterable[YamlFile]) -> Iterator[FindingError]:
    """Yield entries for the same events under the same conditions as an earlier one: they would never be used."""
    taken: dict[str, str] = {}
    for source in sources:
        for index, event in enumerate(source.content["events"]):
            entry = _entry(source.content, event)
            conditions = {key: values for key, values in entry["where"].items() if key != EVENT_NAME}
            for claim in (
                json.dumps([name, detail_type, call, conditions], sort_keys=True)
                for name in entry["sources"]
                for detail_type in entry["detail_types"]
                for call in entry["where"].get(EVENT_NAME, [""])
            ):
                here = f"{source.name}:{source.line(('events', index))}"
                if claim in taken:
                    yield source.finding(("events", index), f"{claim} is claimed at {taken[claim]} already")
                taken.setdefault(claim, here)


@click.command("catalogue")
@click.argument("service", required=False)
def catalogue(service: str | None) -> None:
    """List the types of a SERVICE's events; without a service, check the whole catalogue."""
    content = compiled()
    if service is None:
        print(f"{len(content['rules'])} services, {len(content['entries'])} entries: no findings")
        return
    entries = [entry for entry in content["entries"] if entry["service"] == service]
    if not entries:
        raise UsageError(f"there is no service {service!r}; there is {', '.join(content['rules'])}")
    print("\n".join(sorted({entry[key] for entry in entries for key in ("type", "failure_type")})))
