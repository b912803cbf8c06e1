"""No verb acts on the account that happens to be at hand: every one of the command line's, whichever is added."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.client import BaseClient

from scripts import __main__ as command_line
from scripts import environments, project
from scripts.build import package
from scripts.local import stack as local_stack
from scripts.operate import target
from scripts.project import CommandError, UsageError
from scripts.stacks import deploy

ACCOUNT, OTHER = "111122223333", "999988887777"
REGION = "eu-central-1"

PLACES = {verb: place for group in command_line.VERBS.values() for verb, place in group.items()}
COMMANDS = {verb: command_line.load(place) for verb, place in PLACES.items()}

VERBS = [verb for verb, command in COMMANDS.items() if any(it.name == "environment" for it in command.params)]
"""Those that take an environment."""

ACTING = [verb for verb in VERBS if PLACES[verb].startswith("scripts.operate.")]
"""Those that act on what is deployed."""

WITHOUT_AWS = ["backtest", "explain", "routing-check"]
"""Those that only read the environment's files."""

FILE = str(project.ROOT / "tests" / "contract" / "corpus" / "custom" / "order-failed.json")
ARGUMENTS = {
    "drill": ["--state", "stopped", "--name", "web-1"],
    "publish": [FILE],
    "replay": ["--from", "2026-01-31T12:00:00Z", "--to", "2026-01-31T13:00:00Z"],
}
"""What a verb cannot do without."""


@pytest.fixture(autouse=True)
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing runs locally, credentials of ``OTHER`` are at hand, and calls to AWS are recorded; only STS answers."""
    made: list[str] = []

    def call(client: Any, operation: str, _arguments: object) -> Mapping[str, str]:
        made.append(f"{client.meta.service_model.service_name}:{operation}")
        if operation != "GetCallerIdentity":
            raise AssertionError(f"AWS was asked for {operation}")
        return {"Account": OTHER, "Arn": f"arn:aws:iam::{OTHER}:user/jane"}

    def build() -> None:
        raise AssertionError("nothing is built for an environment that is refused")

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(local_stack, "running", lambda: None)
    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "production",
        "AWS_SECRET_ACCESS_KEY": "production",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("production", "elsewhere", environments.EXAMPLE, environments.LOCAL):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "notifications.tfvars").write_text('name_prefix = "prod-"\nsender_address = "a@example.org"\n')
        (folder / "routing.yaml").touch()
    backend(ACCOUNT)
    return made


def backend(account: str) -> None:
    environments.files("production").backend.write_text(f'bucket = "b"\nallowed_account_ids = ["{account}"]\n')


def outputs(account: str = OTHER, region: str = REGION, prefix: str = "prod-") -> dict[str, Any]:
    """What Terraform lists as deployed."""
    arn = f"arn:aws:lambda:{region}:{account}:function:{prefix}Worker"
    bus = {"name": f"{prefix}OrgInfrastructure"}
    return {
        "functions": {"Worker": {"name": f"{prefix}Worker", "arn": arn}},
        "queues": {},
        "buses": {"OrgInfrastructure": bus},
    }


def run(verb: str, *more: str) -> int:
    """Run a verb and return its exit status, having printed the error."""
    try:
        return int(COMMANDS[verb].main([*more, *ARGUMENTS.get(verb, [])], standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(error.format_message())
        return error.exit_code


def test_the_verbs_that_act_are_found() -> None:
    assert {"drill", "publish", "replay", "redrive", "doctor"} <= set(ACTING)
    assert {"plan", "apply", "drift", "destroy"} <= set(VERBS)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in WITHOUT_AWS])
def test_without_an_environment_and_a_local_aws_nothing_is_asked(
    verb: str, calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(verb) == 2
    shown = capsys.readouterr().out
    assert shown in (f"{target.NOTHING_RUNS}\n", "Missing option '--env'.\n")
    assert verb not in ACTING or shown == "nothing is running: run `make up`, or name ENV=…\n"
    assert calls == []


@pytest.mark.parametrize("name", ["nowhere", "", "..", "example"])
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in WITHOUT_AWS])
def test_an_environment_that_is_none_is_refused_with_those_that_there_are(
    verb: str, name: str, calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(verb, "--env", name) == 2
    assert (
        f"ENV={name} is not an environment of notifications; there is elsewhere, production:" in capsys.readouterr().out
    )
    assert calls == []


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in WITHOUT_AWS])
def test_credentials_of_another_account_are_refused_by_every_verb(
    verb: str, calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(verb, "--env", "production") == 1
    expected = f"these are credentials of account {OTHER}, and the environment is in {ACCOUNT}"
    assert expected in capsys.readouterr().out
    assert calls == ["sts:GetCallerIdentity"]


@pytest.mark.parametrize(
    ("deployed", "problem"),
    [
        (outputs(account=ACCOUNT), f"is deployed in {ACCOUNT}, {REGION}, your credentials are for {OTHER}, {REGION}"),
        (outputs(region="us-east-1"), f"is deployed in {OTHER}, us-east-1, your credentials are for {OTHER}, {REGION}"),
        (outputs(prefix="staging-"), "staging-Worker is deployed, and name_prefix is 'prod-' in"),
    ],
    ids=["account", "region", "prefix"],
)
@pytest.mark.parametrize("environment", ["production", "elsewhere"], ids=["with backend", "without"])
@pytest.mark.parametrize("verb", ACTING)
def test_what_is_deployed_elsewhere_or_under_other_names_is_not_touched(  # noqa: PLR0913, PLR0917 - two of them are fixtures
    verb: str,
    environment: str,
    deployed: dict[str, Any],
    problem: str,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    backend(OTHER)
    monkeypatch.setattr(deploy, "outputs", lambda _: deployed)
    assert run(verb, "--env", environment) == 1
    assert problem in capsys.readouterr().out
    assert calls == ["sts:GetCallerIdentity"]


@pytest.mark.parametrize("verb", [verb for verb in ACTING if verb != "doctor"])
def test_what_is_not_deployed_is_a_line(
    verb: str, calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    backend(OTHER)
    monkeypatch.setattr(deploy, "outputs", lambda _: {})
    assert run(verb, "--env", "production") == 1
    fix = "make plan ENV=production, then make apply ENV=production"
    assert capsys.readouterr().out == f"nothing is deployed in production yet: {fix}\n"
    assert calls == ["sts:GetCallerIdentity"]


def test_a_state_that_cannot_be_read_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> None:
        raise CommandError("terraform init failed:\n  no such bucket")

    backend(OTHER)
    monkeypatch.setattr(deploy, "outputs", fails)
    with pytest.raises(CommandError, match=r"^Terraform's state cannot be read: no such bucket: make plan ENV=prod"):
        target.target("production")


@pytest.mark.parametrize("name", ["OrgInfrastructure", "prod-OrgInfrastructure"])
def test_a_bus_goes_by_its_name_with_and_without_prefix(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend(OTHER)
    monkeypatch.setattr(deploy, "outputs", lambda _: outputs())
    there = target.target("production")
    assert there.bus(name) == "prod-OrgInfrastructure"
    with pytest.raises(UsageError, match=r"^there is no bus 'default' in production; there is OrgInfrastructure$"):
        there.bus("default")


def test_only_the_checked_ways_lead_to_aws() -> None:
    """Clients are made of a session in one module, of the local AWS in another; nothing else may choose an account."""
    ways = {"boto3": {"aws_session", "local/aws"}, "log_in": {"operate/target", "stacks/deploy"}, "new": set()}
    adapters = {"delivery_client", "lookup_client"}
    found: dict[str, set[str]] = {name: set() for name in ways}
    for file in sorted((project.ROOT / "scripts").rglob("*.py")):
        module = file.relative_to(project.ROOT / "scripts").with_suffix("").as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names) if any(
                    it.name.split(".")[0] in ("boto3", "botocore.session") for it in names
                ):
                    found["boto3"].add(module)
                case ast.ImportFrom(module=origin, names=names):
                    assert origin != "boto3", module
                    assert not adapters & {it.name for it in names}, module
                case ast.Attribute(value=ast.Name(id="aws_session"), attr=("log_in" | "new") as used):
                    found[used].add(module)
    assert found == ways
