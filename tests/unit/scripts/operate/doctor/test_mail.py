"""What SES refuses, and what the routing asks of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from scripts.operate.doctor import checks, mail
from scripts.operate.doctor.checks import Check
from scripts.operate.doctor.finding import Code, Level
from tests.support.doctor import ACCOUNT, CALLER, HEALTHY, OUTPUTS, REGION, Answer, found, patient


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"EnforcementStatus": "SHUTDOWN"}, [(Level.ERROR, Code.SES_PAUSED)]),
        ({"SendingEnabled": False}, [(Level.ERROR, Code.SES_PAUSED)]),
        ({"EnforcementStatus": "PROBATION"}, [(Level.WARNING, Code.SES_PROBATION)]),
        ({"ProductionAccessEnabled": False}, [(Level.WARNING, Code.SES_SANDBOX)]),
        ({"SendQuota": {"Max24HourSend": 1000.0, "SentLast24Hours": 800.0}}, [(Level.WARNING, Code.SES_QUOTA)]),
        ({"SendQuota": {"Max24HourSend": 1000.0, "SentLast24Hours": 1000.0}}, [(Level.ERROR, Code.SES_QUOTA)]),
        ({"SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 9999.0}}, []),
    ],
    ids=str,
)
def test_what_ses_reports_of_the_account(change: Mapping[str, Any], expected: Sequence[Any]) -> None:
    assert found(mail.account(patient(sesv2=[("get_account", {**HEALTHY, **change})]))) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"VerifiedForSendingStatus": True}], []),
        (["NotFoundException", {"VerifiedForSendingStatus": True}], []),
        (["NotFoundException", "NotFoundException", {"VerifiedForSendingStatus": True}], []),
        (
            [{"VerifiedForSendingStatus": False}, "NotFoundException", "NotFoundException"],
            [(Level.ERROR, Code.SENDER_UNVERIFIED)],
        ),
    ],
    ids=["address", "domain", "domain above", "none"],
)
def test_the_senders_address_or_a_domain_of_it_must_be_verified(answers: Sequence[Any], expected: Any) -> None:
    ses = [("get_email_identity", answer) for answer in answers]
    assert found(mail.sender(patient(sesv2=ses))) == expected


def test_a_suppressed_recipient_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "routed_addresses", lambda _: ["good@example.org", "gone@example.org"])
    entry = {"EmailAddress": "gone@example.org", "Reason": "BOUNCE", "LastUpdateTime": 0}
    ses: list[Answer] = [
        ("get_account", HEALTHY),
        ("get_suppressed_destination", "NotFoundException"),
        ("get_suppressed_destination", {"SuppressedDestination": entry}),
    ]
    (finding,) = mail.recipients(patient(sesv2=ses))
    assert (finding.level, finding.code) == (Level.ERROR, Code.RECIPIENT_SUPPRESSED)
    assert finding.what == "SES sends nothing to gone@example.org after a bounce"
    assert finding.fix.endswith("aws sesv2 delete-suppressed-destination --email-address gone@example.org")


ROUTED = OUTPUTS | {"routing": {"bucket": "blue-routing", "sha256": "0" * 64}}


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket"])
def test_a_routing_that_is_gone(code: str) -> None:
    (finding,) = mail.recipients(patient(ROUTED, s3=[("get_object", code)]))
    assert (finding.level, finding.code) == (Level.ERROR, Code.ROUTING_UNREADABLE)
    assert f"s3://blue-routing/routing/{'0' * 64}.json" in finding.what


def test_a_routing_that_only_the_caller_may_not_read_is_no_fault_of_the_deployment() -> None:
    check = Check("Mail", "SES would send to every recipient", mail.recipients)
    (row,) = checks.run([check], patient(ROUTED, s3=[("get_object", "AccessDenied")]), CALLER)
    assert row.finding.code is Code.CANNOT_CHECK
    assert row.finding.fix == f"allow ses:GetAccount to {CALLER}"


IN_IRELAND = {"region": "eu-west-1"}
IN_OHIO = {"region": "us-east-2"}


@pytest.mark.parametrize(
    ("variables", "outputs", "asked"),
    [
        ({}, {}, []),
        ({"ses": None}, {}, []),
        ({"ses": IN_IRELAND}, {}, []),
        ({"ses": IN_OHIO}, {}, ["us-east-2"]),
        ({"ses": IN_OHIO}, {"mail": IN_IRELAND}, []),
        ({}, {"mail": IN_OHIO}, ["us-east-2"]),
    ],
    ids=["nowhere", "null", "here", "stated", "to come", "deployed"],
)
def test_ses_is_that_of_the_deployment_or_else_of_the_variables(
    variables: Mapping[str, Any], outputs: Mapping[str, Any], asked: Sequence[str]
) -> None:
    places: list[Sequence[str]] = []
    paused = patient(outputs, sesv2=[("get_account", {**HEALTHY, "SendingEnabled": False})])

    def client(service: str, *region: str) -> Any:
        places.append(region)
        return paused.client(service)

    (finding,) = mail.account(replace(paused, client=client, variables=variables))
    assert [*places] == [(*asked,)]
    assert (" in us-east-2 " in finding.what) == (" --region us-east-2" in finding.fix) == bool(asked)


@pytest.mark.parametrize("owner", [ACCOUNT, "444455556666"])
def test_only_its_owner_sees_whether_an_identity_is_verified(owner: str) -> None:
    identity = f"arn:aws:ses:{REGION}:{owner}:identity/example.org"
    variables = {"sender_address": "events@example.org", "ses": {"identity_arn": identity}}
    ours = patient(sesv2=[("get_email_identity", "NotFoundException"), ("get_email_identity", "NotFoundException")])
    (finding,) = mail.sender(replace(ours, variables=variables))
    assert finding.code is (Code.SENDER_UNVERIFIED if owner == ACCOUNT else None)
    assert (owner in finding.what) is (owner != ACCOUNT)
