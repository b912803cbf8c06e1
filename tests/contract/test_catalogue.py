"""The catalogue: every entry has a sample, every sample becomes what a person expects, every mistake is pointed at."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.event import ResourceEvent
from infra_events.domain.notification import HEARTBEAT
from infra_events.domain.parent import lineage
from scripts.compile import catalogue, event_rules
from scripts.compile.event_rules import EVENT_NAME
from scripts.compile.yaml_file import YamlFile
from scripts.project import CommandError
from tests.support import samples
from tests.support.builders import message
from tests.support.samples import SAMPLES, Sample

ALWAYS = {"type", "resources", "state", "severity", "summary"}
SOMETIMES: dict[str, Any] = {
    "phase": "",
    "status": "event",
    "previous_state": "",
    "actor": "",
    "reason": "",
    "parents": [],
    "labels": {},
}

DEEP = frozenset(
    (
        "autoscaling",
        "backup",
        "cloudwatch",
        "ec2",
        "ecs",
        "elasticloadbalancing",
        "guardduty",
        "health",
        "iam",
        "lambda",
        "rds",
        "s3",
        "signin",
        "snmp",
        "tag",
    )
)
"""Services of which every entry has a sample; of the others every kind of event has one."""


@cache
def compiled() -> dict[str, Any]:
    return catalogue.compiled()


@cache
def shipped() -> Catalogue:
    return Catalogue(compiled()["entries"])


def read(sample: Sample) -> AwsEvent:
    return AwsEvent.read(message(sample.event))


def summary_of(events: list[ResourceEvent]) -> dict[str, Any]:
    """What expected.yaml speaks of; a summary for each resource only where they differ; parents of the last one."""
    first, summaries = events[0], [event.summary for event in events]
    return {
        "type": first.type,
        "resources": [event.resource for event in events],
        "state": first.state,
        "severity": first.severity.name,
        "summary": summaries[0] if len(set(summaries)) == 1 else summaries,
        "phase": str(first.phase or ""),
        "status": str(first.status),
        "previous_state": first.previous_state,
        "actor": first.actor,
        "reason": first.reason,
        "parents": [parent.resource for parent in lineage(events[-1].resource, first.parents)],
        "labels": dict(first.labels),
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sample_becomes_what_a_person_expects(sample: Sample) -> None:
    expected = sample.expected
    assert expected, f"{sample.file.name} is not in {samples.EXPECTED}"
    assert set(expected) >= ALWAYS, f"{sample} lacks {', '.join(sorted(ALWAYS - set(expected)))}"
    assert set(expected) <= ALWAYS | set(SOMETIMES), f"{sample}: what is {set(expected) - ALWAYS - set(SOMETIMES)}?"
    assert summary_of(list(standardize(read(sample), shipped()))) == SOMETIMES | expected


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sample_is_whole_and_of_its_service(sample: Sample) -> None:
    entry = shipped().entry(read(sample))
    assert entry, f"no entry knows {sample}"
    assert entry["service"] == sample.service
    needed = {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
    assert needed <= set(sample.event)
    detail = sample.event["detail"]
    accounts = {sample.event["account"], detail.get("recipientAccountId", sample.event["account"])}
    assert accounts <= {"111122223333", "444455556666"}, "an account that is nobody's"


@pytest.mark.parametrize("service", samples.SERVICES)
def test_nothing_is_expected_of_samples_that_are_not_there(service: str) -> None:
    there = {sample.file.name for sample in SAMPLES if sample.service == service}
    assert set(samples.expectations(service)) <= there


def test_the_heartbeat_that_is_measured_is_the_one_that_is_sent() -> None:
    (beat,) = (entry for entry in compiled()["entries"] if entry["service"] == "heartbeat")
    assert beat["type"] == HEARTBEAT


def test_every_entry_has_a_sample() -> None:
    known = {id(shipped().entry(read(sample))) for sample in SAMPLES}
    missing = [
        f"{entry['service']}: {entry['type']} of {', '.join(entry['where'].get(EVENT_NAME, entry['detail_types']))}"
        for entry in compiled()["entries"]
        if id(entry) not in known and (entry["service"] in DEEP or entry["service"] not in samples.SERVICES)
    ]
    assert not missing, "no sample of\n" + "\n".join(missing)


@pytest.mark.parametrize("service", samples.SERVICES)
def test_every_family_of_events_has_a_sample(service: str) -> None:
    """Native events and calls differ in all but the envelope: a service that has both shows both."""

    def families(entries: list[dict[str, Any]]) -> set[bool]:
        return {EVENT_NAME in entry["where"] for entry in entries}

    there = [dict(shipped().entry(read(sample)) or {}) for sample in SAMPLES if sample.service == service]
    assert families(there) == families([entry for entry in compiled()["entries"] if entry["service"] == service])


def test_every_pattern_is_short_enough_and_matches_drills_too() -> None:
    assert set(compiled()["rules"]) == {entry["service"] for entry in compiled()["entries"]}
    for service, rules in compiled()["rules"].items():
        assert rules, service
        for rule in rules.values():
            assert len(rule["pattern"]) <= 2048, service
            sources = json.loads(rule["pattern"])["source"]
            assert {f"drill.{name}" for name in sources if not name.startswith("drill.")} <= set(sources)


def test_what_another_event_reports_is_read_but_not_caught() -> None:
    content = catalogue.compiled()
    (entry,) = [e for e in content["entries"] if "StopInstances" in e["where"].get(EVENT_NAME, ())]
    assert not entry["subscribe"]
    assert not any("StopInstances" in rule["pattern"] for rule in content["rules"]["ec2"].values())


def matches(pattern: Any, event: Any) -> bool:
    """Return whether a pattern of lists of texts matches, as EventBridge does."""
    if isinstance(pattern, dict):
        return isinstance(event, dict) and all(matches(value, event.get(key)) for key, value in pattern.items())
    return event in pattern


def all_rules() -> dict[str, Any]:
    return {name: rule for rules in compiled()["rules"].values() for name, rule in rules.items()}


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sample_matches_one_rule_at_most(sample: Sample) -> None:
    """Of all services: a stack may select any of them, and each match is a message to machines."""
    event = sample.event
    for source in (event["source"], f"drill.{event['source'].removeprefix('drill.')}"):
        patterns = {name: json.loads(rule["pattern"]) for name, rule in all_rules().items()}
        matched = [name for name, pattern in patterns.items() if matches(pattern, event | {"source": source})]
        assert len(matched) == (dict(shipped().entry(read(sample)) or {})["subscribe"] and 1), matched


def test_rules_for_reads_ask_for_reads_and_no_others_do() -> None:
    states = {name: rule["state"] for name, rule in all_rules().items()}
    assert set(states.values()) == {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}
    for name, rule in all_rules().items():
        calls = json.loads(rule["pattern"]).get("detail", {}).get("eventName", [])
        reads = [call for call in calls if call.startswith(("Get", "List", "Describe"))]
        if name.endswith("-reads"):
            assert (reads, states[name]) == (calls, "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"), name
        else:
            assert reads in ([], ["GetObject"]), f"{name} never receives these"
            assert states[name] == "ENABLED", name


def test_a_rule_for_reads_receives_only_those_that_an_entry_wants() -> None:
    """Reads are many: a pattern without the entry's conditions would catch all successful ones."""
    patterns = [json.loads(rule["pattern"]) for name, rule in all_rules().items() if name.endswith("-reads")]
    assert [pattern["detail"] for pattern in patterns] == [
        {
            "eventName": ["GetFunction20150331v2", "GetFunction20150331", "GetFunction"],
            "errorCode": ["AccessDenied", "AccessDeniedException"],
        }
    ]


GLOBAL = {
    "iam": ["cn-north-1", "us-east-1", "us-gov-west-1"],
    "organizations": ["cn-northwest-1", "us-east-1", "us-gov-west-1"],
    "cloudfront": ["cn-northwest-1", "us-east-1"],
    "trustedadvisor": ["us-east-1", "us-gov-west-1"],
}


def test_global_services_and_types_name_their_regions() -> None:
    services = compiled()["services"]
    assert {name: service["regions"] for name, service in services.items() if service["regions"]} == GLOBAL
    elsewhere = {kind: regions for service in services.values() for kind, regions in service["elsewhere"].items()}
    assert {kind for kind in elsewhere if kind.startswith("infra.aws.signin.")} == {
        "infra.aws.signin.root.credentials_changed",
        "infra.aws.signin.root.sign_in_failed",
        "infra.aws.signin.root.signed_in",
    }
    assert elsewhere["infra.aws.route53.records.changed"] == ["us-east-1", "cn-northwest-1", "us-gov-west-1"]
    assert "infra.aws.route53.dns_firewall.matched" not in elsewhere


def test_a_service_states_whether_its_events_need_a_trail() -> None:
    trails = {name: service["trail"] for name, service in compiled()["services"].items()}
    assert (trails["health"], trails["ec2"], trails["sqs"]) == ("none", "some", "all")


def named(tmp_path: Path, events: str) -> dict[str, Any]:
    """Return the rules of a service x with these events."""
    (tmp_path / "x.yaml").write_text(f"service: x\nsources: aws.x\nevents:\n{events}")
    rules: dict[str, Any] = catalogue.compiled(tmp_path)["rules"]["x"]
    return rules


def one_event(what: str, **more: str) -> str:
    lines = [what, *(f"{key}: {value}" for key, value in more.items())]
    return "  - " + "\n    ".join([*lines, "summary: '{id}'"]) + "\n"


def test_a_pattern_that_another_contains_is_dropped_and_the_others_keep_their_names(tmp_path: Path) -> None:
    """A rule that took over the pattern of a later one would lose events while both change."""
    by_call = "detail_type: A via CloudTrail"
    rules = named(
        tmp_path,
        one_event(by_call, type="a.some", state="detail.a", where="{detail.eventName: [One]}")
        + one_event(by_call, type="a.all", state="detail.a")
        + one_event("api_calls: Change", type="thing.changed"),
    )
    assert [(name, json.loads(rule["pattern"])["detail-type"]) for name, rule in rules.items()] == [
        ("AwsServiceEvents-x", ["A via CloudTrail"]),
        ("AwsServiceEvents-x-3", ["AWS API Call via CloudTrail"]),
    ]


def test_rules_that_match_the_same_event_are_refused(tmp_path: Path) -> None:
    text = one_event("detail_type: [A, B]", type="a.all", state="detail.a") + one_event(
        "detail_type: [B, C]", type="b.all", state="detail.a", sources="[aws.x, aws.y]"
    )
    (tmp_path / "x.yaml").write_text(f"service: x\nsources: aws.x\nevents:\n{text.replace('[B, C]', '[C, D]')}")
    catalogue.compiled(tmp_path)
    (tmp_path / "y.yaml").write_text(
        "service: y\nsources: aws.y\nevents:\n"
        + one_event("detail_type: D", type="d.all", state="detail.a", where="{detail.a: [b]}")
    )
    with pytest.raises(CommandError, match="an event may match both rules AwsServiceEvents-x-2 and AwsServiceEvents-y"):
        catalogue.compiled(tmp_path)


def test_calls_that_read_have_a_rule_for_themselves(tmp_path: Path) -> None:
    rules = named(
        tmp_path,
        one_event("api_calls: Change", type="thing.changed")
        + one_event("api_calls: GetThing", type="thing.read", reads="true", where="{detail.errorCode: [Denied]}"),
    )
    assert {name: rule["state"] for name, rule in rules.items()} == {
        "AwsServiceEvents-x": "ENABLED",
        "AwsServiceEvents-x-reads": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    }
    assert json.loads(rules["AwsServiceEvents-x-reads"]["pattern"])["detail"] == {
        "eventName": ["GetThing"],
        "errorCode": ["Denied"],
    }


@pytest.mark.parametrize(
    ("event", "finding"),
    [
        (
            one_event("api_calls: [Change, GetThing]", type="thing.read"),
            "x.yaml:4: events.0.api_calls: GetThing reads, and EventBridge delivers it only where reads: true",
        ),
        (
            one_event("api_calls: GetThing", type="thing.read", reads="true", where="{'length(detail.a)': ['1']}"),
            "x.yaml:7: events.0.where.length(detail.a): length(detail.a) is too much for the pattern of reads",
        ),
    ],
)
def test_a_read_that_no_rule_would_receive_is_a_finding(tmp_path: Path, event: str, finding: str) -> None:
    assert findings(tmp_path, f"service: x\nsources: aws.x\nevents:\n{event}").startswith(finding)


GOOD = """\
service: x
sources: aws.x
states:
  table:
    ok: {phase: stable}
events:
  - detail_type: Thing
    type: thing.happened
    state: detail.state
    states: table
    summary: "{id} {state}"
"""


def findings(tmp_path: Path, text: str, name: str = "x.yaml") -> str:
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError) as raised:
        catalogue.compiled(tmp_path)
    return str(raised.value)


def test_the_example_is_good(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(GOOD)
    assert len(catalogue.compiled(tmp_path)["entries"]) == 1


def test_a_pattern_too_long_becomes_several(tmp_path: Path) -> None:
    calls = [f"VeryLongNameOfACallNumber{number:04}" for number in range(300)]
    entry = GOOD.replace("detail_type: Thing", f"api_calls: [{', '.join(calls)}]")
    (tmp_path / "x.yaml").write_text(entry)
    patterns = [rule["pattern"] for rule in catalogue.compiled(tmp_path)["rules"]["x"].values()]
    assert len(patterns) > 1
    assert all(len(pattern) <= event_rules.PATTERN_LIMIT for pattern in patterns)
    assert [call for pattern in patterns for call in json.loads(pattern)["detail"]["eventName"]] == calls


@pytest.mark.parametrize(
    ("before", "after", "place", "hint"),
    [
        (
            "    type: thing.happened",
            "    typ: thing.happened",
            "x.yaml:7",
            "typ is not known here (did you mean type?)",
        ),
        ("    type: thing.happened\n", "", "x.yaml:7", "events.0.type: type is missing"),
        ("type: thing.happened", "type: Thing", "x.yaml:8", "after infra.<source>.: thing.what_happened"),
        ("state: detail.state", "state: detail.[", "x.yaml:9", "is no JMESPath"),
        ("state: detail.state", "state: detail.build-status", "x.yaml:9", "is no JMESPath"),
        ("{id} {state}", "{id} {zone}", "x.yaml:11", "{zone} is not known here; there is account, actor"),
        ("states: table", "states: tabel", "x.yaml:10", "there is no table of states named 'tabel'; there is: table"),
        ("sources: aws.x", "sources: aws.x\nsources: aws.y", "x.yaml:3", "'sources' stands here twice"),
        ("service: x", "service: y", "x.yaml:1", "service must be x, as the file is named"),
        ("{phase: stable}", "{phase: stabel}", "x.yaml:5", "'stabel' is not one of"),
        ("ok: {", "OK: {", "x.yaml:5", "A state in lower case"),
        ("sources: aws.x", "sources: [aws.x", "x.yaml:", "expected ',' or ']'"),
        (
            "sources: aws.x",
            "sources: !!python/object:os.system x",
            "x.yaml:2",
            "python/object:os.system is not for here",
        ),
        ("service: x", "service: \x00", "x.yaml:1", "this is no YAML text"),
        (
            "sources: aws.x",
            "sources: aws.x\nsecurity: false",
            "x.yaml:3",
            "all types of the service are security types",
        ),
        *(
            ("    states: table", f"    states: table\n    {more}", "x.yaml:11", finding)
            for more, finding in {
                "parents: {ids: 'a['}": "is no JMESPath",
                "parents: {ids: a, arn: 'ecs:{region}:{account}:cluster/{name}'}": "{name} is not known here",
                "parents: [{in: 'a[', arns: {B: 'ecs:{region}:{account}:cluster/{id}'}}]": "is no JMESPath",
                "parents: [{in: a, arns: {B: 'ecs:{region}:{account}:cluster/{name}'}}]": "{name} is not known here",
                "let: {cluster: {path: 'a[', after: /}}": "is no JMESPath",
            }.items()
        ),
        (
            "    states: table",
            "    states: table\n    security: false",
            "x.yaml:11",
            "True was expected (A security type:",
        ),
    ],
)
def test_a_mistake_is_pointed_at_with_its_line_and_a_hint(
    tmp_path: Path, before: str, after: str, place: str, hint: str
) -> None:
    assert before in GOOD
    found = findings(tmp_path, GOOD.replace(before, after))
    assert found.startswith(place)
    assert hint in found


@pytest.mark.parametrize(
    ("of_service", "of_entry", "expected"),
    [
        ("", "", []),
        ("", "    security: true\n", ["infra.aws.x.thing.happened"]),
        ("security: failed_calls\n", "", ["infra.aws.x.api_call.failed"]),
        ("security: true\n", "", ["infra.aws.x.*", "infra.aws.y.*"]),
    ],
)
def test_security_types_are_marked_by_entry_or_by_service(
    tmp_path: Path, of_service: str, of_entry: str, expected: list[str]
) -> None:
    marked = GOOD.replace("sources: aws.x\n", f"sources: [aws.x, aws.y]\n{of_service}") + of_entry
    (tmp_path / "x.yaml").write_text(marked)
    assert catalogue.compiled(tmp_path)["security"] == expected


def test_a_mark_that_the_service_has_already_is_left_out(tmp_path: Path) -> None:
    found = findings(
        tmp_path, GOOD.replace("sources: aws.x\n", "sources: aws.x\nsecurity: true\n") + "    security: true\n"
    )
    assert found == "x.yaml:13: events.0.security: all of the service are security types: leave it out here"


def test_two_entries_for_the_same_event_are_an_overlap(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("  - detail_type") :]
    found = findings(tmp_path, GOOD + again)
    assert found.startswith("x.yaml:12")
    assert "claimed at x.yaml:7 already" in found


def test_an_overlap_between_files_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("service: x", "service: a"))
    assert "claimed at a.yaml:7 already" in findings(tmp_path, GOOD)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("state: detail.state", "state: '['").replace("{id} {state}", "{zone}")
    (tmp_path / "w.yaml").write_text(bad.replace("service: x", "service: w"))
    assert len(findings(tmp_path, bad).splitlines()) == 4


@pytest.mark.parametrize(
    "text", ["2026-01-31", "012", "0x1F", "1_000", "12:30:00", "yes", "no", "on", "off", "~x", "<<", "=", "1e3"]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(f"value: {text}\nlist: [{text}]\n")
    content = YamlFile(tmp_path / "x.yaml").content
    assert content == {"value": text, "list": [text]}


def test_keys_are_always_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("7: a\nyes: b\n012: c\n")
    assert YamlFile(tmp_path / "x.yaml").content == {"7": "a", "yes": "b", "012": "c"}
