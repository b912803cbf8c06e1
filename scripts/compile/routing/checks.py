"""What is wrong in a routing file (errors), and what does no harm but is hardly meant so (warnings)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from zoneinfo import ZoneInfo, available_timezones

from aws_service_event_handler.generic import UNMAPPED
from infra_events.domain.event import Severity
from infra_events.domain.time import beginning, expiry
from infra_events.routing.facts import LABEL
from infra_events.routing.rules import ANY, NOT, Condition, Rules, Texts, glob
from scripts.compile import catalogue
from scripts.compile.routing import accounts, match
from scripts.compile.routing.cases import expected_routes
from scripts.compile.routing.coverage import implies, witness
from scripts.compile.routing.file import RoutingFile
from scripts.compile.routing.file_texts import secrets, unprintable_texts
from scripts.compile.routing.match import Vocabulary, texts
from scripts.compile.routing.patterns import overlap, sample_of
from scripts.compile.violations import Problem, ValuePath, suggestion
from scripts.compile.yaml_file import FindingError, YamlFile

OWNERS_LIMIT = 200
"""Filter policies that one topic takes: https://docs.aws.amazon.com/general/latest/gr/sns.html."""

_MATCHES = (("severity_rules", "when"), ("routes", "match"), ("ignore", "match"))
"""The sections whose parts have a match, and its key there."""


def errors(source: RoutingFile) -> Sequence[FindingError]:
    """Return everything that is wrong, by line; a part that breaks the schema is not checked further."""
    impossible = list(impossible_matches(source))
    problems = chain(
        unprintable_texts(source),
        unknown_defaults(source),
        inverted_bounds(source),
        ambiguous_owners(source),
        too_many_owners(source),
        repeated_names(source),
        impossible,
        unreachable_rules(source, impossible),
        unknown_destinations(source),
        untested_routes(source),
        ignores_of_protected_types(source),
        malformed_periods(source),
        malformed_cases(source),
        unknown_names_in_cases(source),
    )
    of_schema = chain(source.violations, destinations_without_targets(source))
    found = chain(_findings(source, of_schema), secrets(source), _findings(source, problems))
    beside = accounts.errors(source.accounts, source.named("owners")) if source.accounts else []
    return [*sorted(found, key=lambda finding: finding.line), *beside]


def warnings(source: RoutingFile) -> Sequence[FindingError]:
    """Return what is hardly meant so, by line. For a file without errors."""
    problems = chain(
        unused_destinations(source),
        unserved_targets(source),
        expired_ignores(source),
        consumers_of_nothing(source),
        unknown_types(source),
        unknown_labels(source),
    )
    return sorted(_findings(source, problems), key=lambda finding: finding.line)


def unknown_defaults(source: RoutingFile) -> Iterator[Problem]:
    """Yield a time zone that does not exist, and a fallback that is no destination."""
    for path, value in source.sound("defaults"):
        if path[-1] == "timezone" and value not in available_timezones():
            message = f"{value!r} is no time zone ({suggestion(value, available_timezones())})"
            yield Problem(path=path, message=message)
        if path[-1] == "fallback":
            yield from _unknown(source, "destination", path, [value])


def inverted_bounds(source: RoutingFile) -> Iterator[Problem]:
    """Yield bounds of severity that no severity is within."""
    stated = {path[-1]: Severity[value.upper()] for path, value in source.sound("bounds", "severity")}
    if stated.get("at_least", Severity.DEBUG) > stated.get("at_most", Severity.FATAL):
        yield Problem(path=("bounds", "severity"), message="at_least is more than at_most")


def destinations_without_targets(source: RoutingFile) -> Iterator[Problem]:
    """Yield destinations that name no target in any channel."""
    fields = tuple(source.channels)
    only_field = fields if len(fields) == 1 else ()
    message = (
        f"{' or '.join(fields)} is missing"
        f" (Only {' and '.join(fields)} are served: a destination without would receive nothing)"
    )
    for path, destination in source.sound("destinations"):
        if not any(field in destination for field in fields):
            yield Problem(path=(*path, *only_field), message=message)


def ambiguous_owners(source: RoutingFile) -> Iterator[Problem]:
    """Yield aliases that mean another owner already, or that no tag can equal."""
    owners = list(source.sound("owners"))
    any_case = dict(source.sound("tags")).get(("tags", "owner_case")) == "ignore"
    taken: dict[str, str] = {str(path[-1]): str(path[-1]) for path, _ in owners}
    for path, owner in owners:
        for index, alias in enumerate(texts(owner.get("aliases", []))):
            here = (*path, "aliases", index)
            if alias != alias.strip():
                message = f"{alias!r} begins or ends with a space, which tags are read without"
                yield Problem(path=here, message=message)
            key = alias.casefold() if any_case else alias
            if taken.setdefault(key, str(path[-1])) != path[-1]:
                yield Problem(path=here, message=f"{alias!r} means {taken[key]} already (a value means one owner)")


def too_many_owners(source: RoutingFile) -> Iterator[Problem]:
    """Yield more owners with a queue, or with a topic, than there can be."""
    for kind in ("queue", "topic"):
        count = sum(owner.get(kind, False) for _, owner in source.sound("owners"))
        if count > OWNERS_LIMIT:
            message = f"{count} owners have a {kind}; at most {OWNERS_LIMIT} can (the others still get their mails)"
            yield Problem(path=("owners",), message=message)


def repeated_names(source: RoutingFile) -> Iterator[Problem]:
    """Yield names of rules, routes, ignores and tests that occur twice in their section."""
    for section in ("severity_rules", "routes", "ignore", "tests"):
        first: dict[str, int] = {}
        for path, part in source.sound(section):
            name = part.get("name", "")
            if name in first:
                message = f"{name!r} is taken in line {first[name]} (names are unique)"
                yield Problem(path=(*path, "name"), message=message)
            elif name:
                first[name] = source.line(path)


def impossible_matches(source: RoutingFile) -> Iterator[Problem]:
    """Yield conditions with an unknown key or value, and those that no event satisfies."""
    for section, key in _MATCHES:
        for path, part in source.sound(section):
            for problem in match.problems(part[key], source.vocabulary):
                yield Problem(path=(*path, key, *problem.path), message=problem.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlacedRule:
    """A rule of the file with its path, in a form in which ``Rules`` takes it."""

    path: ValuePath
    name: str
    final: bool
    match: Sequence[Condition]


def unreachable_rules(source: RoutingFile, impossible: Iterable[Problem]) -> Iterator[Problem]:
    """Yield routes and severity rules of which an earlier one, without ``continue``, takes every event.

    Rules with ``impossible`` conditions are left out.
    """
    known = source.vocabulary
    left_out = {problem.path[:2] for problem in impossible}
    for section, key in (("severity_rules", "when"), ("routes", "match")):
        rules = [
            _PlacedRule(
                path=path,
                name=part.get("name", "the one"),
                final=not part.get("continue", False),
                match=match.conditions(part[key]),
            )
            for path, part in source.sound(section)
            if path not in left_out
        ]
        final = Rules([rule for rule in rules if rule.final])
        for rule in rules:
            if earlier := _earlier_that_covers(rule, final, known):
                here = f"{earlier.name} in line {source.line(earlier.path)}"
                message = f"nothing ever gets here: {here} takes all of it (move this before it)"
                yield Problem(path=rule.path, message=message)


def unknown_destinations(source: RoutingFile) -> Iterator[Problem]:
    """Yield destinations of routes that the file does not have."""
    for path, route in source.sound("routes"):
        yield from _unknown(source, "destination", (*path, "to"), texts(route["to"]))


def untested_routes(source: RoutingFile) -> Iterator[Problem]:
    """Yield routes that no test expects; nothing where a test breaks the schema, which may be the one."""
    if not source.is_whole("tests"):
        return
    tested = {name for _, test in source.sound("tests") for name in expected_routes(test)}
    for path, route in source.sound("routes"):
        if (name := route["name"]) not in tested:
            message = f"no test expects {name} (add one to tests, with expect: {{route: {name}}})"
            yield Problem(path=path, message=message)


def ignores_of_protected_types(source: RoutingFile) -> Iterator[Problem]:
    """Yield ignores that name protected types only, or reach a whole family of them; others hold for the rest."""
    protected = [*catalogue.security_types(), *(pattern for _, pattern in source.sound("bounds", "protected"))]
    for path, rule in source.sound("ignore"):
        stated = texts(rule["match"].get("type", []))
        excluded = Texts("type", [text.removeprefix(NOT) for text in stated if text.startswith(NOT)])
        for pattern in stated:
            if pattern.startswith(NOT):
                continue
            reached = [one for one in protected if overlap(pattern, one) and sample_of(one) not in excluded]
            families = [one for one in reached if ANY in one]
            if families or (reached and _names_only(pattern, reached, excluded)):
                first = (families or reached)[0]
                message = f"{pattern!r} reaches {first}, which is protected: it would not hold there (be narrower)"
                yield Problem(path=(*path, "match", "type"), message=message)


def _names_only(pattern: str, protected: Collection[str], excluded: Texts) -> bool:
    """Return whether every known type that a pattern matches, and that is not excluded, is protected."""
    matched = (given for given in _types_in_catalogue() if glob(pattern, given) and given not in excluded)
    return all(any(glob(one, given) for one in protected) for given in matched)


def malformed_periods(source: RoutingFile) -> Iterator[Problem]:
    """Yield ignores whose ``from`` or ``expires`` is no date or time, and those that end before they begin."""
    for path, rule in source.sound("ignore"):
        wrong = [key for key in ("from", "expires") if key in rule and not _is_time(rule[key], source.zone)]
        for key in wrong:
            hint = "such as 2027-03-31, or 2027-03-31T12:00:00Z"
            yield Problem(path=(*path, key), message=f"{rule[key]!r} is no date or time ({hint})")
        if (
            "from" in rule
            and not wrong
            and beginning(rule["from"], source.zone) >= expiry(rule["expires"], source.zone)
        ):
            message = f"it ends {rule['expires']}, and only begins {rule['from']}: it would ignore nothing"
            yield Problem(path=(*path, "from"), message=message)


def malformed_cases(source: RoutingFile) -> Iterator[Problem]:
    """Yield tests whose event has no possible time or type."""
    for path, test in source.sound("tests"):
        given = test["given"]
        if "at" in given and not _is_time(given["at"], source.zone):
            message = f"{given['at']!r} is no time (2026-01-31T12:00:00Z is)"
            yield Problem(path=(*path, "given", "at"), message=message)
        if ANY in given["type"]:
            yield Problem(path=(*path, "given", "type"), message="an event's type has no *")


def unknown_names_in_cases(source: RoutingFile) -> Iterator[Problem]:
    """Yield routes, destinations and owners that tests expect and the file does not have."""
    routes = [part["name"] for _, part in source.sound("routes")] if source.is_whole("routes") else None
    for path, test in source.sound("tests"):
        expect, here = test["expect"], (*path, "expect")
        for name in expected_routes(test):
            if routes is not None and name not in routes:
                message = f"there is no route {name!r} ({suggestion(name, routes)})"
                yield Problem(path=(*here, "route"), message=message)
        yield from _unknown(source, "destination", (*here, "to"), texts(expect.get("to", [])))
        if owner := expect.get("owner"):
            yield from _unknown(source, "owner", (*here, "owner"), [owner])


def unused_destinations(source: RoutingFile) -> Iterator[Problem]:
    """Yield destinations that are neither a route's nor the fallback."""
    used = {source.content["defaults"]["fallback"]}
    used.update(chain.from_iterable(texts(route["to"]) for _, route in source.sound("routes")))
    for path, _ in source.sound("destinations"):
        if path[-1] not in used:
            yield Problem(path=path, message="no route goes here")


def unserved_targets(source: RoutingFile) -> Iterator[Problem]:
    """Yield fields of destinations that the schema foresees and no channel serves yet."""
    served = " and ".join(source.channels)
    for path, destination in source.sound("destinations"):
        for field in destination:
            if field not in source.channels:
                message = f"no channel of this version serves it: only its {served} are"
                yield Problem(path=(*path, field), message=message)


def expired_ignores(source: RoutingFile) -> Iterator[Problem]:
    """Yield ignores that suppress nothing any more."""
    now = datetime.now(UTC)
    for path, rule in source.sound("ignore"):
        if expiry(rule["expires"], source.zone) <= now:
            message = f"{rule['name']} has expired, and ignores nothing any more"
            yield Problem(path=(*path, "expires"), message=message)


def consumers_of_nothing(source: RoutingFile) -> Iterator[Problem]:
    """Yield consumers of owners that have neither queue nor topic."""
    for path, owner in source.sound("owners"):
        if owner.get("consumers") and not (owner.get("queue") or owner.get("topic")):
            message = "there is nothing to consume: neither queue nor topic is true"
            yield Problem(path=(*path, "consumers"), message=message)


def unknown_types(source: RoutingFile) -> Iterator[Problem]:
    """Yield types that no event has: AWS's are in the catalogue, of other origins only the beginning is known."""
    stated = [
        ((*path, key, "type"), value.removeprefix(NOT))
        for section, key in (*_MATCHES, ("tests", "given"))
        for path, part in source.sound(section)
        for value in texts(part[key].get("type", []))
    ]
    in_catalogue = _types_in_catalogue() if any(pattern.startswith("infra.aws.") for _, pattern in stated) else ()
    for path, pattern in stated:
        if message := _unknown_type(pattern, in_catalogue):
            yield Problem(path=path, message=message)


def unknown_labels(source: RoutingFile) -> Iterator[Problem]:
    """Yield labels that no catalogue entry gives: only events of other producers can have them."""
    stated = [
        ((*path, key, fact), fact.removeprefix(LABEL))
        for section, key in _MATCHES
        for path, part in source.sound(section)
        for fact in part[key]
        if fact.startswith(LABEL)
    ]
    stated += [
        ((*path, "given", "labels", label), label)
        for path, test in source.sound("tests")
        for label in test["given"].get("labels", {})
    ]
    known = {label for entry in catalogue.compiled()["entries"] for label in entry["labels"]} if stated else ()
    for path, label in stated:
        if label not in known:
            yield Problem(path=path, message=f"no catalogue entry gives a label {label!r} ({suggestion(label, known)})")


def _findings(source: YamlFile, problems: Iterable[Problem]) -> Iterator[FindingError]:
    return (source.finding(problem.path, problem.message) for problem in problems)


def _unknown(source: RoutingFile, kind: str, path: ValuePath, names: Iterable[str]) -> Iterator[Problem]:
    """Yield those of the names at ``path`` that are no owner, or no destination, of the file."""
    known = source.named(f"{kind}s")
    for name in names:
        if name not in known:
            yield Problem(path=path, message=f"there is no {kind} {name!r} ({suggestion(name, known)})")


def _earlier_that_covers(rule: _PlacedRule, final: Rules[_PlacedRule], known: Vocabulary) -> _PlacedRule | None:
    """Return the first of the ``final`` rules before ``rule`` that takes all its events, if one does."""
    for earlier in final.matching(witness(rule.match, known)):
        if earlier.path >= rule.path:
            return None
        if implies(rule.match, earlier.match, known):
            return earlier
    return None


def _is_time(text: str, zone: ZoneInfo) -> bool:
    """Return whether a text is a time, or a date, that can be written in UTC."""
    try:
        expiry(text, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


@cache
def _types_in_catalogue() -> Sequence[str]:
    """Return every type that the catalogue gives, failed calls too."""
    return sorted({entry[key] for entry in catalogue.compiled()["entries"] for key in ("type", "failure_type")})


def _unknown_type(pattern: str, in_catalogue: Sequence[str]) -> str:
    """Return why a type is unknown; empty where it is known."""
    if not pattern.startswith(("infra.", ANY)):
        return f"{pattern!r} is no type: all begin with infra. (AWS's with infra.aws.<service>.)"
    if not pattern.startswith("infra.aws.") or pattern.endswith(UNMAPPED):
        return ""
    if any(glob(pattern, given) for given in in_catalogue):
        return ""
    service = pattern.split(".")[2]
    of_service = [given for given in in_catalogue if given.startswith(f"infra.aws.{service}.")]
    hint = suggestion(pattern, of_service or in_catalogue)
    return f"no catalogue entry gives {pattern!r} ({hint}; `make catalogue SERVICE={service}` lists them)"
