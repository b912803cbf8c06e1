"""Whether the doctor can examine the deployment at all, and what it reports where it cannot."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from scripts import environments
from scripts.operate import target
from scripts.operate.doctor import access, checks
from scripts.operate.doctor.checks import CHECKS
from scripts.operate.doctor.finding import Code, Finding, Level
from scripts.operate.doctor.patient import Patient
from scripts.project import CommandError
from scripts.stacks import deploy
from tests.support.doctor import ACCOUNT, CALLER, HEALTHY, OUTPUTS, answering, patient


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ('sender_address = "events@example.org"', "events@example.org"),
        (
            '# sender_address = "old@example.org"\nservices=["ec2"]\nsender_address="a@example.org" # ours',
            "a@example.org",
        ),
        ("services = []", ""),
        ('sender_address = "', ""),
    ],
)
def test_the_sender_is_read_from_the_environments_variables(
    text: str, sender: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environments, "files", lambda _: environments.Files(tmp_path))
    (tmp_path / "notifications.tfvars").write_text(text)
    assert replace(patient(), variables=target.variables("production") or {}).sender == sender


def examined(
    monkeypatch: pytest.MonkeyPatch, outputs: Callable[[], Mapping[str, Any]], sts: Any = None, ses: Any = HEALTHY
) -> list[Finding]:
    """Examine an account of which only the identity and SES are known."""
    monkeypatch.setattr(Patient, "sender", "")
    monkeypatch.setattr(checks, "CHECKS", CHECKS[:2])
    identity = {"Account": ACCOUNT, "Arn": CALLER}
    client = answering(sts=[("get_caller_identity", sts or identity)], sesv2=[("get_account", ses)])
    return [row.finding for row in access.examine_account("production", client, outputs)]


def test_credentials_that_have_expired_are_all_that_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = examined(monkeypatch, dict, sts="ExpiredToken")
    assert (finding.code, "ExpiredToken" in finding.what) == (Code.NO_CREDENTIALS, True)


def test_credentials_that_are_missing() -> None:
    def none(_: str) -> Any:
        raise NoCredentialsError

    (row,) = access.examine_account("production", none, dict)
    assert row.finding.code is Code.NO_CREDENTIALS


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "must_exist", lambda _: None)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    (row,) = access.examine("production")
    assert (row.finding.code, "ProfileNotFound" in row.finding.what) == (Code.NO_CREDENTIALS, True)


def test_no_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(deploy, "must_exist", lambda _: None)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (row,) = access.examine("production")
    assert row.finding.code is Code.NO_REGION


def test_before_the_first_deployment_the_account_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = examined(monkeypatch, dict)
    assert (first.level, first.code) == (Level.WARNING, Code.NOT_DEPLOYED)
    assert first.fix == "make plan ENV=production, then make apply ENV=production"
    assert [finding.what for finding in others] == [check.well for check in CHECKS[:2]]


def test_a_state_that_cannot_be_read_is_reported_and_the_account_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Mapping[str, Any]:
        raise CommandError("terraform init failed:\n  no such bucket")

    first, *others = examined(monkeypatch, fails)
    assert (first.level, first.code) == (Level.ERROR, Code.STATE_UNREADABLE)
    assert first.what.endswith("no such bucket")
    assert len(others) == 2


@pytest.mark.parametrize("place", [f"eu-west-1:{ACCOUNT[::-1]}", f"us-east-1:{ACCOUNT}"], ids=["account", "region"])
def test_another_place_than_the_deployments_is_all_that_is_reported(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    functions = {"Worker": {"name": "Worker", "arn": f"arn:aws:lambda:{place}:function:Worker"}}
    (finding,) = examined(monkeypatch, lambda: OUTPUTS | {"functions": functions})
    assert (finding.level, finding.code) == (Level.ERROR, Code.WRONG_ACCOUNT)


def test_other_names_than_the_environments_are_all_that_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environments, "files", lambda _: environments.Files(tmp_path))
    (tmp_path / "notifications.tfvars").write_text('name_prefix = "green-"')
    (finding,) = examined(monkeypatch, lambda: OUTPUTS)
    assert (finding.level, finding.code) == (Level.ERROR, Code.WRONG_PREFIX)
    assert finding.what.startswith("blue-Worker is deployed, and name_prefix is 'green-' in ")


def test_a_check_that_may_not_look_names_the_permission_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _, denied, other = examined(monkeypatch, lambda: OUTPUTS, ses="AccessDeniedException")
    assert (denied.level, denied.code) == (Level.WARNING, Code.CANNOT_CHECK)
    assert denied.fix == f"allow ses:GetAccount to {CALLER}"
    assert other.level is Level.OK
