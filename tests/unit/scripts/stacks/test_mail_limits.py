"""A plan has the limits that SES grants the account, unless the environment's variables set them."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scripts import aws_session, environments, project
from scripts.build import package
from scripts.project import CommandError
from scripts.stacks import deploy, mail_limits
from scripts.stacks import working_copy as terraform

BOTH = 'variable "mail_rate" {}\nvariable "mail_quota" {}\n'


@pytest.fixture
def variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The variables of an environment, of a stack that declares both inputs."""
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "environments")
    monkeypatch.setattr(environments, "STACKS", tmp_path / "stacks")
    project.write(tmp_path / "stacks" / "notifications" / "variables.tf", BOTH.encode())
    file = environments.files("production").variables("notifications")
    project.write(file, b"")
    return file


def login(rate: float = 14.0, day: float = 50_000.0, problem: Exception | None = None) -> aws_session.Login:
    quota = {"MaxSendRate": rate, "Max24HourSend": day, "SentLast24Hours": 7.0}
    ses = Mock()
    ses.get_account.side_effect = problem or (lambda: {"SendQuota": quota})
    session = Mock(**{"client.return_value": ses})
    return aws_session.Login(session=session, account_id="1", region="eu-central-1", caller="")


READ, SET = "read from the account", "set in notifications.tfvars"


@pytest.mark.parametrize(
    ("stated", "account", "passed", "shown"),
    [
        ("", login(), {"mail_rate": 14, "mail_quota": 50_000}, f"14 a second and 50,000 in 24 hours, {READ}"),
        (
            "mail_rate = null",
            login(rate=1.5, day=-1.0),
            {"mail_rate": 1.5, "mail_quota": None},
            f"1.5 a second and any number in 24 hours, {READ}",
        ),
        ("mail_rate = 5", login(), {"mail_quota": 50_000}, f"5 a second, {SET}; 50,000 in 24 hours, {READ}"),
        ("mail_quota = null", login(), {"mail_rate": 14}, f"14 a second, {READ}; any number in 24 hours, {SET}"),
        (
            'mail_rate = "5"\nmail_quota = 100',
            login(problem=AssertionError("SES is not asked")),
            {},
            f"5 a second and 100 in 24 hours, {SET}",
        ),
    ],
    ids=["read", "unlimited", "rate set", "quota set", "both set"],
)
@pytest.mark.usefixtures("variables")
def test_each_limit_is_that_of_the_account_unless_it_is_set(
    capsys: pytest.CaptureFixture[str], stated: str, account: Any, passed: dict[str, Any], shown: str
) -> None:
    environments.files("production").variables("notifications").write_text(stated)
    assert mail_limits.variables("production", "notifications", account) == passed
    assert capsys.readouterr().out == f"SES in eu-central-1 sends {shown}\n"


@pytest.mark.parametrize(
    ("stated", "region"),
    [
        ("", "eu-central-1"),
        ('ses = { region = "eu-west-1" }', "eu-west-1"),
        ("ses = { region = null }", "eu-central-1"),
        ('ses = { configuration_set = "ours" }', "eu-central-1"),
    ],
)
def test_ses_is_asked_in_the_region_that_mails_are_sent_from(variables: Path, stated: str, region: str) -> None:
    variables.write_text(stated)
    account: Any = login()
    mail_limits.variables("production", "notifications", account)
    assert account.session.client.call_args.kwargs["region_name"] == region


def test_a_stack_without_the_inputs_asks_nobody(variables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert variables.exists()
    (environments.STACKS / "notifications" / "variables.tf").write_text('variable "services" {}\n')
    account = login(problem=AssertionError("SES is not asked"))
    assert mail_limits.variables("production", "notifications", account) == {}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "problem",
    [
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAccount"),
        EndpointConnectionError(endpoint_url="https://email.eu-central-1.amazonaws.com"),
    ],
    ids=["denied", "no SES in the region"],
)
def test_limits_that_cannot_be_read_are_one_line_with_both_ways_out(variables: Path, problem: Exception) -> None:
    assert variables.exists()
    with pytest.raises(CommandError, match="ses:GetAccount") as failed:
        mail_limits.variables("production", "notifications", login(problem=problem))
    (line,) = failed.value.message.splitlines()
    assert "apply the stack bootstrap" in line
    assert "set mail_rate and mail_quota in environments/production/notifications.tfvars" in line


# The verbs


@pytest.fixture
def copies(variables: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A function that prepares the environment's working copy where SES has a rate, and returns the plan's place."""
    assert variables.exists()
    project.write(tmp_path / "stacks" / "notifications" / "main.tf", b"")
    monkeypatch.setattr(package, "build", lambda: None)
    monkeypatch.setattr(terraform, "_sources", lambda _: {})
    monkeypatch.setattr(deploy, "WORK", tmp_path / "work")
    monkeypatch.setattr(terraform.Stack, "init", lambda *_: None)

    def prepare(rate: float, **options: Any) -> Path:
        monkeypatch.setattr(aws_session, "log_in", lambda _: login(rate))
        copy, saved = deploy.prepare("production", **options)
        passed = (copy.folder / "own.auto.tfvars.json").read_text()
        assert (f'"mail_rate": {rate}' in passed) is options.get("reads_limits", True)
        return saved

    return prepare


def test_a_plan_is_of_another_name_once_the_limits_have_changed(copies: Any) -> None:
    assert copies(14) == copies(14) != copies(50)


def test_an_apply_with_other_limits_than_the_plans_names_the_cause(copies: Any) -> None:
    planned = copies(14)
    with pytest.raises(CommandError, match=r"^there is no plan of the present code and settings: make plan ENV="):
        deploy.apply_plan("production")
    planned.touch()
    copies(50)
    with pytest.raises(CommandError, match=r"other code, settings or limits of SES .*: make plan ENV=production$"):
        deploy.apply_plan("production")


def test_what_is_removed_needs_no_limits(copies: Any) -> None:
    copies(14, reads_limits=False)
