"""What tags must not silence: named here by hand, whatever the catalogue marks; and what people read about it.

The right to tag a resource is common, and an instance often has it for itself. None of these may depend on it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.stages.read import standardize
from infra_events.domain.event import ResourceEvent, Severity
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.routing import compiled as compiled_form
from infra_events.routing.decision import Result, decide, ignored
from infra_events.routing.model import Routing
from scripts import environments
from scripts.compile import catalogue
from scripts.compile.routing import check
from scripts.lint import security_types
from tests.support.builders import entries, message, resource_event, whole_catalogue
from tests.support.samples import SAMPLES, Sample

NAMED = (
    # Findings, and whether anybody still looks for them
    "infra.aws.guardduty.finding.reported",
    "infra.aws.guardduty.detector.disabled",
    "infra.aws.securityhub.finding.imported",
    "infra.aws.securityhub.checks.disabled",
    "infra.aws.inspector2.finding.reported",
    "infra.aws.inspector2.scanning.changed",
    "infra.aws.macie.finding.reported",
    "infra.aws.macie.discovery.disabled",
    "infra.aws.access-analyzer.finding.reported",
    "infra.aws.access-analyzer.analyzer.changed",
    "infra.aws.ecr.repository.scanning_changed",
    "infra.aws.config.rule.changed",
    "infra.aws.controltower.governance.removed",
    # What AWS itself warns of
    "infra.aws.health.abuse.reported",
    "infra.aws.health.credentials.exposed",
    "infra.aws.trustedadvisor.credentials.exposed",
    "infra.aws.iam.credentials.quarantined",
    # Records of what happens
    "infra.aws.cloudtrail.logging.stopped",
    "infra.aws.cloudtrail.logging.changed",
    "infra.aws.cloudtrail.api_call.failed",
    "infra.aws.cloudtrail.insight.reported",
    "infra.aws.config.recording.stopped",
    "infra.aws.config.api_call.failed",
    "infra.aws.ec2.flow_log.changed",
    # Keys
    "infra.aws.kms.key.state_changed",
    "infra.aws.kms.key.deleted",
    "infra.aws.kms.key.material_deleted",
    "infra.aws.kms.service.acted",
    # Who may do what
    "infra.aws.iam.root.access_key_created",
    "infra.aws.iam.root.mfa_disabled",
    "infra.aws.iam.mfa.disabled",
    "infra.aws.iam.mfa_device.changed",
    "infra.aws.iam.credentials.created",
    "infra.aws.iam.credentials.changed",
    "infra.aws.iam.user.permissions_changed",
    "infra.aws.iam.group.permissions_changed",
    "infra.aws.iam.role.permissions_changed",
    "infra.aws.iam.role.trust_changed",
    "infra.aws.iam.policy.changed",
    "infra.aws.iam.identity_provider.changed",
    "infra.aws.iam.api_call.failed",
    "infra.aws.signin.root.signed_in",
    "infra.aws.signin.root.sign_in_failed",
    "infra.aws.signin.root.credentials_changed",
    "infra.aws.signin.api_call.failed",
    "infra.aws.organizations.account.removed",
    "infra.aws.organizations.organization.changed",
    "infra.aws.organizations.policy.attached",
    # Access to data, as policies and settings give it
    "infra.aws.ssm.document.sharing_changed",
    "infra.aws.emr.security.changed",
    "infra.aws.secretsmanager.secret.access_changed",
    "infra.aws.redshift.sharing.changed",
    "infra.aws.redshift.access.changed",
    "infra.aws.glue.security.changed",
    "infra.aws.dynamodb.table.policy_changed",
    "infra.aws.aoss.access.changed",
    "infra.aws.eks.cluster.access_changed",
    "infra.aws.ecr.repository.access_changed",
    "infra.aws.lambda.function.access_changed",
    "infra.aws.backup.vault.protection_changed",
    "infra.aws.ec2.account.snapshot_public_access_changed",
    # What is opened to everybody
    "infra.aws.ec2.security_group.opened_to_internet",
    "infra.aws.ec2.snapshot.sharing_changed",
    "infra.aws.ec2.image.sharing_changed",
    "infra.aws.lambda.function.opened_to_internet",
    "infra.aws.lambda.function.opened_to_everybody",
    "infra.aws.s3.bucket.public_access_block_changed",
    "infra.aws.s3.account.public_access_block_changed",
    "infra.aws.s3.bucket.policy_changed",
    "infra.aws.s3.acl.changed",
)

AT = datetime(2026, 3, 28, 12, tzinfo=UTC)

SILENCING: Mapping[str, Mapping[str, str]] = {
    "ignore": {"notify:ignore": "true"},
    "mute": {"notify:mute-until": "2026-03-29"},
    "severity": {"notify:severity": "debug"},
    "all": {"notify:ignore": "true", "notify:mute-until": "2026-03-29", "notify:severity": "debug"},
    "a rule of the file": {"silent": "yes"},
}

FILE = """\
version: 1
defaults: {fallback: platform}
destinations: {platform: {emails: [platform@example.org]}}
ignore: [{name: silent, match: {tag.silent: "*"}, reason: too many, expires: 2027-01-01}]
"""


def tagged(event: ResourceEvent, tags: Mapping[str, str]) -> ResourceEvent:
    return replace(event, tags=Tags(values=tags, status=TagsStatus.LIVE))


def read(sample: Sample) -> list[ResourceEvent]:
    return list(standardize(AwsEvent.read(message(sample.event)), whole_catalogue()))


@pytest.fixture(scope="module")
def by(tmp_path_factory: pytest.TempPathFactory) -> Routing:
    """A routing file that protects nothing by itself, compiled."""
    file = tmp_path_factory.mktemp("routing") / "any.yaml"
    file.write_text(FILE)
    return check.read(file)


@pytest.mark.parametrize("kind", NAMED)
def test_no_tag_silences_it_or_makes_it_less_severe(by: Routing, kind: str) -> None:
    for tags in SILENCING.values():
        event = tagged(resource_event(type=kind, severity=Severity.ERROR), tags)
        decision = decide(by, event, AT)
        assert ignored(by, event, AT) is None
        assert (decision.result, decision.severity) == (Result.SEND, Severity.ERROR), decision.steps
        assert decision.mute_tag == ""


def test_tags_do_silence_other_types(by: Routing) -> None:
    """Otherwise the test above would show nothing."""
    for name, tags in SILENCING.items():
        decision = decide(by, tagged(resource_event(severity=Severity.ERROR), tags), AT)
        assert decision.result is Result.SUPPRESS or (name == "severity" and decision.severity is Severity.DEBUG)


def test_they_are_types_that_events_have() -> None:
    given = {entry[key] for entry in entries() for key in ("type", "failure_type")}
    assert set(NAMED) - given == set()


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.expected and one.expected["type"] in NAMED], ids=str)
def test_no_tag_silences_a_sample_of_it(by: Routing, sample: Sample) -> None:
    for event in read(sample):
        for tags in SILENCING.values():
            decision = decide(by, tagged(event, tags), AT)
            assert (decision.result, decision.severity) == (Result.SEND, event.severity)


@pytest.mark.parametrize("service", ["guardduty", "securityhub", "macie2", "inspector2", "organizations", "cloudtrail"])
def test_an_event_of_a_security_service_that_nobody_knows_yet_is_one(by: Routing, service: str) -> None:
    unmapped = json.dumps({"source": f"aws.{service}", "detail-type": "Something New", "detail": {}})
    (event,) = standardize(AwsEvent.read(message(unmapped)), whole_catalogue())
    assert event.type == f"infra.aws.{service}.unmapped"
    assert decide(by, tagged(event, SILENCING["all"]), AT).result is Result.SEND


def test_a_compiled_routing_holds_the_security_types_and_those_of_its_file(by: Routing) -> None:
    assert list(by.bounds.protected) == list(catalogue.security_types())
    for name in environments.names():
        if (file := environments.files(name).routing).exists():
            protected = json.loads(check.compiled(file))["bounds"]["protected"]
            assert set(protected) >= set(catalogue.security_types())


def test_a_routing_compiled_before_is_read_still() -> None:
    """Its list is shorter. An upgrade changes a function's environment, which names the new one, before its code."""
    document = json.loads(check.compiled(environments.files("example").routing))
    document["bounds"]["protected"] = ["infra.own.alarm.*"]
    assert compiled_form.read(json.dumps(document), "d").bounds.protected == ["infra.own.alarm.*"]


def test_the_page_lists_what_is_protected(tmp_path: Path) -> None:
    assert list(security_types.check()) == []
    begin, _, rest = security_types.PAGE.read_text().partition(security_types.BEGIN)
    listed, _, end = rest.partition(security_types.END)
    rows = [row.split("|")[1:3] for row in listed.strip().splitlines()[2:]]
    of_page = [f"{begins.strip(' `')}{goes_on.strip('`')}" for begins, rests in rows for goes_on in rests.split()]
    assert of_page == list(catalogue.security_types())

    stale = tmp_path / "routing.md"
    stale.write_text(f"{begin}{security_types.BEGIN}\nall of them\n{security_types.END}{end}")
    assert list(security_types.check(stale)) == [
        "docs/routing.md: its table of security types is stale: make lint-docs WRITE=1"
    ]
    assert list(security_types.check(stale, write=True)) == []
    assert stale.read_text() == security_types.PAGE.read_text()
    stale.write_text("nothing")
    assert "are missing" in "".join(security_types.check(stale, write=True))


@pytest.mark.parametrize("cidr", ["::/0", "::/1", "8000::/1"])
def test_half_of_the_internet_is_opened_to_the_internet(cidr: str) -> None:
    (sample,) = [one for one in SAMPLES if str(one) == "ec2/security-group-opened-to-internet"]
    body = json.dumps(sample.event).replace("::/0", cidr)
    (event,) = standardize(AwsEvent.read(message(json.loads(body))), whole_catalogue())
    assert event.type == "infra.aws.ec2.security_group.opened_to_internet"
