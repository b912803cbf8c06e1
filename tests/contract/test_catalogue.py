"""The shipped catalogue: every entry has a sample, every sample becomes what a person expects and matches one rule."""

import json
from functools import cache
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.reader import Catalogue
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.event import ResourceEvent
from infra_events.domain.notification import HEARTBEAT
from scripts.compile import catalogue
from scripts.compile.event_rules import EVENT_NAME
from tests.support import samples
from tests.support.builders import message
from tests.support.samples import SAMPLES, Sample

ALWAYS = {"type", "resources", "state", "severity", "summary"}
SOMETIMES = {"phase": "", "status": "event", "previous_state": "", "actor": "", "reason": ""}

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
    """What expected.yaml speaks of; a summary for each resource only where they differ."""
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
    content = compiled()
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
