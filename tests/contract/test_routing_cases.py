"""What people asked of other projects in public, from the event and the files to the decision.

Each test names the report. The inputs are written here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.event import ResourceEvent
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.routing.decision import Decision, decide
from infra_events.routing.model import Routing
from infra_events.wire import v2
from scripts.compile.routing import check
from scripts.project import CommandError
from tests.support.builders import aws_event, delivered, message, whole_catalogue

TEAMS = ("payments", "search", "data")
FILE: Mapping[str, Any] = {
    "version": 1,
    "defaults": {"fallback": "platform"},
    "owners": {"payments": {"aliases": ["Payments"]}, "search": {}, "data": {}},
    "destinations": {name: {"emails": [f"{name}@example.org"]} for name in ("platform", *TEAMS)},
    "routes": [{"name": name, "match": {"owner": name}, "to": name} for name in TEAMS],
    "tests": [
        {"name": name, "given": {"type": "infra.x", "to": "a", "owner": name}, "expect": {"route": name}}
        for name in TEAMS
    ],
}
SOON = "2026-12-31"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def compiled(folder: Path, beside: Mapping[str, Any] | None = None, **sections: Any) -> Routing:
    """Compile ``FILE`` with other sections, and with accounts beside it."""
    (folder / "a.routing.yaml").write_text(json.dumps({**FILE, **sections}, ensure_ascii=False))
    if beside:
        (folder / "accounts.yaml").write_text(json.dumps(beside))
    return check.read(folder / "a.routing.yaml")


def errors(folder: Path, **sections: Any) -> str:
    with pytest.raises(CommandError) as error:
        compiled(folder, **sections)
    return str(error.value)


def event(document: Mapping[str, Any] | None = None, tags: Mapping[str, str] | None = None) -> ResourceEvent:
    """What the sender reads of an event that the standardizer wrote, with the tags of its resource."""
    read = AwsEvent.read(message(document or aws_event(state="stopped")))
    (one,) = standardize(read, whole_catalogue())
    live = Tags(values=tags or {}, status=TagsStatus.LIVE, as_of=one.time)
    return v2.read(delivered(v2.write(replace(one, tags=live))))


def on(by: Routing, event: ResourceEvent, at: datetime | None = None) -> Decision:
    return decide(by, event, at or event.time)


def ignore(match: Mapping[str, Any], **more: str) -> Sequence[Mapping[str, Any]]:
    """An ignore of EC2's events, so that the file's tests, which are of other events, pass."""
    return [{"name": "x", "match": {"type": "infra.aws.ec2.*", **match}, "reason": "r", "expires": SOON, **more}]


def test_accounts_have_names(folder: Path) -> None:
    """cloudandthings/terraform-aws-clickops-notifier#84, aws-solutions/quota-monitor-for-aws#229."""
    accounts = {"111122223333": {"name": "prod", "environment": "live", "default_owner": "search"}}
    match = {"account": "prod", "environment": "li*"}
    routes = [{"name": "live", "match": match, "to": "data"}]
    given = {"type": "infra.x", "to": "a", "account_id": "111122223333"}
    tests = [{"name": "t", "given": given, "expect": {"route": "live", "owner": "search"}}]
    decision = on(compiled(folder, accounts, routes=routes, tests=tests), event())
    assert (decision.destinations, decision.owner) == (("data",), "search")
    assert decision.reason == "route live matched account prod and environment live"
    assert decision.owner_why == "owner search, the default of account prod (111122223333) (no tag Owner)"


@pytest.mark.parametrize("key", ["accounts", "account_names"])
def test_names_of_accounts_in_the_routing_file_are_refused(folder: Path, key: str) -> None:
    found = errors(folder, **{key: {"111122223333": "prod"}})
    assert ("accounts are named in accounts.yaml, beside this file" in found) is (key == "accounts")


@pytest.mark.parametrize("to", ["actor", "owner", "jane@example.org"])
def test_a_route_leads_to_destinations_alone(folder: Path, to: str) -> None:
    """cloud-custodian#1184 wants the actor notified; whoever acts would choose the recipient (ADR 10)."""
    routes = [{"name": name, "match": {"owner": name}, "to": [name, to]} for name in TEAMS]
    assert f"there is no destination {to!r}" in errors(folder, routes=routes)


@pytest.mark.parametrize("address", [f"{'a' * 65}@example.org", f"{'a' * 60}.{'b' * 4}@example.org"])
def test_an_address_that_no_server_takes_is_refused(folder: Path, address: str) -> None:
    """RFC 5321 4.5.3.1.1: 64 octets before the @."""
    destinations = FILE["destinations"] | {"search": {"emails": [address]}}
    assert "up to 64 characters before the @" in errors(folder, destinations=destinations)


def test_the_longest_address_is_accepted(folder: Path) -> None:
    domain = ".".join([*["b" * 61] * 3, "org"])
    whole = [f"{'a' * 64}@example.org", f"{'a' * (254 - 1 - len(domain))}@{domain}"]
    assert max(map(len, whole)) == 254
    by = compiled(folder, destinations=FILE["destinations"] | {"search": {"emails": whole}})
    assert by.destinations["search"].targets == {"email": whole}


@pytest.mark.parametrize(
    ("match", "tags", "ignored"),
    [
        ("", {"env": ""}, True),
        ("", {}, False),
        ("", {"env": "a"}, False),
        (["", "!*"], {"env": ""}, True),
        (["", "!*"], {}, True),
        (["", "!*"], {"env": "a"}, False),
        (["*", "!"], {"env": ""}, False),
        (["*", "!"], {"env": "a"}, True),
        ("!", {}, True),
        ("!", {"env": ""}, False),
    ],
)
def test_a_tag_may_be_empty_absent_or_either(folder: Path, match: Any, tags: dict[str, str], *, ignored: bool) -> None:
    """cloud-custodian#2684, #421, #863: empty and absent are two things."""
    by = compiled(folder, ignore=ignore({"tag.Env": match}))
    assert (on(by, event(tags=tags)).reason == "ignored by x: r") is ignored


@pytest.mark.parametrize(
    ("at", "ignored"),
    [
        (datetime(2026, 4, 4, 19, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 4, 4, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 4, 4, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 4, 5, 0, 0, tzinfo=UTC), False),
    ],
)
def test_an_ignore_begins_later_than_its_deployment(folder: Path, at: datetime, *, ignored: bool) -> None:
    """target/goalert#3230, sensu/sensu-go#666: a window that is planned today."""
    window = {"from": "2026-04-04T22:00", "expires": "2026-04-05T02:00"}
    defaults = {"fallback": "platform", "timezone": "Europe/Berlin"}
    by = compiled(folder, defaults=defaults, ignore=ignore({"account_id": "111122223333"}, **window))
    assert (on(by, event(), at).reason == "ignored by x: r") is ignored


@pytest.mark.parametrize(
    ("env", "ignored"), [("prod", True), ("production1", True), ("production2", False), ("test", False), (None, False)]
)
def test_one_key_states_what_it_takes_and_what_not(folder: Path, env: str | None, *, ignored: bool) -> None:
    """aws/event-ruler#66, #152."""
    by = compiled(folder, ignore=ignore({"type": "infra.aws.ec2.*", "tag.env": ["prod*", "!production2"]}))
    decision = on(by, event(tags={} if env is None else {"Env": env}))
    assert (decision.reason == "ignored by x: r") is ignored


def finding(product: str, generator: str) -> dict[str, Any]:
    found = {
        "ProductName": product,
        "GeneratorId": generator,
        "Title": "A finding",
        "Severity": {"Label": "HIGH"},
        "Resources": [{"Type": "AwsEcrRepository", "Id": "arn:aws:ecr:eu-west-1:111122223333:repository/shop"}],
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }
    detail = {"findings": [found]}
    return aws_event(
        **{"source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported", "resources": []},
        detail=detail,
    )


def health(service: str, code: str, category: str) -> dict[str, Any]:
    detail = {"service": service, "eventTypeCode": code, "eventTypeCategory": category, "statusCode": "open"}
    return aws_event(
        **{"source": "aws.health", "detail-type": "AWS Health Event", "resources": ["arn:aws:s3:::b"]}, detail=detail
    )


def compliance(rule: str) -> dict[str, Any]:
    detail = {
        "configRuleName": rule,
        "resourceType": "AWS::S3::Bucket",
        "resourceId": "b",
        "newEvaluationResult": {"complianceType": "NON_COMPLIANT"},
    }
    return aws_event(
        **{"source": "aws.config", "detail-type": "Config Rules Compliance Change", "resources": []}, detail=detail
    )


def alarm(namespace: str) -> dict[str, Any]:
    metric = {"metricStat": {"metric": {"namespace": namespace, "name": "Errors"}}}
    detail = {"alarmName": "a", "state": {"value": "ALARM"}, "configuration": {"metrics": [metric]}}
    return aws_event(
        **{
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "resources": ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"],
        },
        detail=detail,
    )


@pytest.mark.parametrize(
    ("match", "matching", "other"),
    [
        (
            {"labels.product": "Inspector"},
            finding("Inspector", "x"),
            finding("Security Hub", "x"),
        ),
        ({"labels.generator": "security-control/*"}, finding("x", "security-control/ECR.1"), finding("x", "arn:x")),
        ({"labels.code": "AWS_EC2_*"}, health("EC2", "AWS_EC2_X", "issue"), health("RDS", "AWS_RDS_X", "issue")),
        ({"labels.category": "issue"}, health("EC2", "X", "issue"), health("EC2", "X", "investigation")),
        ({"labels.rule": ["s3-*", "!s3-logging"]}, compliance("s3-public"), compliance("s3-logging")),
        ({"labels.namespace": "AWS/*"}, alarm("AWS/Lambda"), alarm("Shop")),
    ],
)
def test_rules_see_what_is_in_the_events_of_one_service(
    folder: Path, match: Mapping[str, str], matching: dict[str, Any], other: dict[str, Any]
) -> None:
    """HHS/simpler-grants-gov PR#7502, cloudposse/terraform-aws-security-hub#62, aws-health-aware#34."""
    routes = [{"name": "label", "match": match, "to": "data"}]
    labels = {"product": "Inspector", "generator": "security-control/1", "code": "AWS_EC2_A", "category": "issue"}
    given = {"type": "infra.x", "to": "a", "labels": labels | {"rule": "s3-a", "namespace": "AWS/S3"}}
    tests = [{"name": "t", "given": given, "expect": {"route": "label"}}]
    by = compiled(folder, routes=routes, tests=tests)
    assert check.check(folder / "a.routing.yaml").warnings[0].line, "destinations without a route, and no others"
    assert (on(by, event(matching)).routes, on(by, event(other)).routes) == (("label",), ())


def test_a_fact_of_the_raw_event_is_refused_with_what_there_is(folder: Path) -> None:
    found = errors(folder, ignore=ignore({"detail.findings.ProductName": "Inspector"}))
    assert "labels.key" in found


@pytest.mark.parametrize(
    ("tags", "values", "notified"),
    [
        ({"split": ",:;/ "}, {"Owner": "payments:search"}, {"payments", "search"}),
        ({"split": ",:;/ "}, {"Owner": "Payments / search; data"}, {"payments", "search", "data"}),
        ({"split": ","}, {"Owner": "nobody,search"}, {"search"}),
        (
            {"owner": ["Owner", "Co"], "owner_keys": "all"},
            {"Owner": "data", "Co": "search"},
            {"data", "search"},
        ),
        ({"owner": ["Owner", "Co"]}, {"Owner": "data", "Co": "search"}, {"data"}),
        ({"owner_case": "ignore"}, {"Owner": "PAYMENTS"}, {"payments"}),
        ({}, {"Owner": "payments:search"}, {"platform"}),
    ],
)
def test_a_tag_may_name_several_owners(
    folder: Path, tags: Mapping[str, Any], values: dict[str, str], notified: set[str]
) -> None:
    """cloud-custodian PR#994, PR#5448."""
    assert set(on(compiled(folder, tags=tags), event(tags=values)).destinations) == notified


@pytest.mark.parametrize(
    ("match", "tags", "taken"),
    [
        ({"tag.k": "bar"}, {"k": "bar"}, True),
        ({"tag.k": "bar"}, {"k": "foo-bar"}, False),
        ({"tag.k": "!bar"}, {"k": "foo-bar"}, True),
        ({"tag.k": "!bar"}, {}, True),
        ({"tag.k": "*bar"}, {"k": "foo-bar"}, True),
        ({"tag.k": "!*bar"}, {"k": "foo-bar"}, False),
        ({"tag.k": "foo.bar"}, {"k": "foo-bar"}, False),
        ({"tag.k": '~!="'}, {"k": '~!="'}, True),
        ({"tag.k": "🙂"}, {"k": "🙂"}, True),
        ({"tag.k": ["", "!*"]}, {}, True),
        ({"tag.k": ["", "!*"]}, {"k": ""}, True),
        ({"tag.k": ["*", "!"]}, {"k": "x"}, True),
        ({"tag.k": ["*", "!"]}, {"k": ""}, False),
        ({"tag.k": ["*", "!"]}, {}, False),
        ({"tag.k": "*"}, {"k": ""}, True),
        ({"tag.env": ["prod*", "!production2"]}, {"env": "production2"}, False),
        ({"tag.env": ["prod*", "!production2"]}, {"env": "production1"}, True),
        ({"tag.env": "prod", "tag.level": "!debug"}, {"env": "prod", "level": "info"}, True),
        ({"tag.env": "prod", "tag.level": "!debug"}, {"env": "prod", "level": "debug"}, False),
    ],
)
def test_what_a_matcher_of_alertmanager_states_can_be_stated(
    folder: Path, match: Mapping[str, Any], tags: dict[str, str], *, taken: bool
) -> None:
    """prometheus/alertmanager: an absent label and an empty one are one thing there, and two here."""
    by = compiled(folder, ignore=ignore(match))
    assert (on(by, event(tags=tags)).reason == "ignored by x: r") is taken


@pytest.mark.parametrize(
    ("tags", "notified"),
    [
        ({"Owner": "payments", "env": "production", "job": "web"}, {"data"}),
        ({"Owner": "payments", "env": "testing"}, {"payments"}),
        ({"Owner": "payments"}, {"payments"}),
        ({"Owner": "search", "env": "production"}, {"platform"}),
    ],
)
def test_a_route_inside_another_is_a_route_before_it(folder: Path, tags: dict[str, str], notified: set[str]) -> None:
    """prometheus/alertmanager: ``continue`` of a route inside another ends with that one."""
    routes = [
        {"name": "inner", "match": {"owner": "payments", "tag.env": "production"}, "to": "data", "continue": True},
        {"name": "outer", "match": {"owner": "payments", "tag.env": "!production"}, "to": "payments"},
    ]
    tests = [
        {"name": env, "given": {"type": "infra.x", "to": "a", "owner": "payments", "tags": {"env": env}}} | expected
        for env, expected in (
            ("production", {"expect": {"route": "inner"}}),
            ("testing", {"expect": {"route": "outer"}}),
        )
    ]
    assert set(on(compiled(folder, routes=routes, tests=tests), event(tags=tags)).destinations) == notified


def test_a_comment_about_webhooks_is_no_secret(folder: Path) -> None:
    """gitleaks/gitleaks#1577: a class of false alarms."""
    compiled(folder)
    file = folder / "a.routing.yaml"
    file.write_text(f"# see https://wiki.example.org/ops/webhook-policy\n{file.read_text()}")
    assert check.compiled(file)
