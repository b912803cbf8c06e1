"""What is looked at before an environment is touched, and after: that it is there, its account, its routing."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from scripts import aws_session, environments, project
from scripts.build import package
from scripts.project import CommandError, UsageError
from scripts.stacks import deploy
from tests.support.builders import routing_document


class Session:
    """Of boto3: credentials of one account."""

    account: str | None = "111122223333"
    region_name: str | None = "eu-central-1"

    def get_credentials(self) -> str | None:
        return self.account

    def client(self, service: str) -> Any:
        assert service == "sts"
        return self

    def get_caller_identity(self) -> dict[str, str | None]:
        return {"Account": self.account}


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> environments.Files:
    def build() -> None:
        raise AssertionError("nothing is built for an environment that is refused")

    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "terraform" / "environments")
    monkeypatch.setattr(environments, "STACKS", tmp_path / "terraform" / "stacks")
    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr(aws_session, "new", Session)
    for name in ("local", "example", "production"):
        folder = environments.files(name).folder
        folder.mkdir(parents=True)
        (folder / "notifications.tfvars").touch()
    return environments.files("production")


@pytest.mark.parametrize("verb", [deploy.save_plan, deploy.apply_plan, deploy.find_drift, deploy.remove])
def test_a_wrong_account_is_refused_before_anything_is_done(production: environments.Files, verb: Any) -> None:
    production.backend.write_text('bucket = "b"\nallowed_account_ids = ["444455556666"]\n')

    with pytest.raises(
        CommandError, match=r"^these are credentials of account 111122223333, and the environment is in 444455556666$"
    ):
        verb("production")


@pytest.mark.parametrize(
    "line",
    ["", '# allowed_account_ids = ["111122223333"]', "allowed_account_ids = []", 'allowed_account_ids = ["1", "2"]'],
)
def test_a_backend_names_its_account(production: environments.Files, line: str) -> None:
    production.backend.write_text(f'bucket = "b"\n{line}\n')

    with pytest.raises(
        CommandError, match=r"^terraform/environments/production/backend\.hcl does not name its account"
    ):
        deploy.save_plan("production")


def test_the_right_account_goes_on(production: environments.Files) -> None:
    production.backend.write_text('allowed_account_ids = ["111122223333"]\n')

    with pytest.raises(AssertionError, match="nothing is built"):
        deploy.save_plan("production")


@pytest.mark.parametrize("name", ["local", "example", "staging", ""])
def test_what_is_no_environment_is_refused(production: environments.Files, name: str) -> None:
    assert production.folder.exists()
    with pytest.raises(UsageError, match="is not an environment of notifications; there is production"):
        deploy.save_plan(name)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(("missing", "problem"), [("account", "no AWS credentials"), ("region_name", "no AWS region")])
def test_without_credentials_or_region_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, missing: str, problem: str
) -> None:
    monkeypatch.setattr(Session, missing, None)

    with pytest.raises(CommandError, match=problem):
        deploy.save_plan("production")


@pytest.mark.parametrize("written", ["allowed_account_ids=[ '111122223333' ]", "{"])
def test_a_backend_that_is_not_hcl_is_named(production: environments.Files, written: str) -> None:
    production.backend.write_text(written)

    with pytest.raises(CommandError, match=r"^terraform/environments/production/backend\.hcl is not HCL: "):
        deploy.save_plan("production")


def test_an_account_is_read_as_terraform_reads_it(production: environments.Files) -> None:
    production.backend.write_text('/* ours */ allowed_account_ids = [\n  "111122223333", # production\n]\n')

    with pytest.raises(AssertionError, match="nothing is built"):
        deploy.save_plan("production")


def test_a_stack_without_variables_is_not_part_of_an_environment(production: environments.Files) -> None:
    with pytest.raises(UsageError, match="ENV=production is not an environment of media; there is none yet"):
        deploy.save_plan("production", "media")
    production.variables("media").touch()
    with pytest.raises(AssertionError, match="nothing is built"):
        deploy.save_plan("production", "media")


def test_a_state_is_where_it_has_always_been(production: environments.Files) -> None:
    assert deploy.backend("production", "notifications") == (
        f'backend "local" {{\n    path = "{production.folder}/notifications.tfstate"\n  }}',
        (),
    )
    production.backend.write_text('bucket = "b"\nkey = "notifications.tfstate"\n')
    assert deploy.backend("production", "notifications") == (
        'backend "s3" {}',
        (str(production.backend), "key=notifications.tfstate"),
    )


def test_a_state_elsewhere_is_not_passed_over(production: environments.Files) -> None:
    production.backend.write_text('key = "a/b.tfstate"\nallowed_account_ids = ["111122223333"]\n')

    with pytest.raises(CommandError, match=r"has key 'a/b\.tfstate': copy that object to notifications\.tfstate"):
        deploy.save_plan("production")


def test_files_in_the_folder_of_earlier_versions_are_not_passed_over(production: environments.Files) -> None:
    old = environments.STACKS / "notifications" / "environments"
    old.mkdir(parents=True)
    (old / "production.tfstate").touch()

    with pytest.raises(CommandError, match=r"production\.tfstate is no longer read: move it to terraform/environments"):
        deploy.save_plan("production")
    assert production.folder.exists()


def test_the_example_is_a_backend_that_names_its_account() -> None:
    example = environments.files(environments.EXAMPLE).backend

    assert aws_session.account(example) in example.read_text()


def _s3(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    """Let S3 answer with an object's content, or that it has no such object."""
    s3 = Mock()
    if answer is None:
        s3.get_object.side_effect = ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
    else:
        s3.get_object.return_value = {"Body": BytesIO(answer.encode())}
    known = {"s3": s3, "sqs": Mock()}
    monkeypatch.setattr(Session, "client", lambda session, service, **_: {**known, "sts": session}[service])
    monkeypatch.setattr(aws_session, "new", Session)


@pytest.mark.parametrize(("content", "problem"), [(None, "NoSuchKey"), ("{}", "its SHA-256 is another")])
def test_an_apply_without_the_functions_routing_fails_in_one_line(
    monkeypatch: pytest.MonkeyPatch, content: str | None, problem: str
) -> None:
    _s3(monkeypatch, content)
    with pytest.raises(CommandError, match=problem) as failed:
        deploy.check_routing({"routing": {"bucket": "b", "sha256": "0a1b"}}, "production", "notifications")
    assert "s3://b/routing/0a1b.json" in str(failed.value)
    assert "make plan ENV=production" in str(failed.value)
    assert len(str(failed.value).splitlines()) == 1


def test_an_apply_that_left_the_functions_routing_there_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(routing_document())
    _s3(monkeypatch, content)
    place = {"bucket": "b", "sha256": hashlib.sha256(content.encode()).hexdigest()}
    deploy.check_routing({"routing": place}, "production", "notifications")


def test_a_stack_without_a_routing_has_none_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _s3(monkeypatch, None)
    deploy.check_routing({"backend": "b"}, "production", "bootstrap")


def test_every_apply_looks_for_the_routing(
    production: environments.Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.tfplan"
    saved.touch()
    stack = Mock()
    stack.show.return_value = {}
    stack.outputs.return_value = {"routing": {"bucket": "b", "sha256": "0a1b"}}
    monkeypatch.setattr(deploy, "prepare", lambda *_: (stack, saved))
    _s3(monkeypatch, None)

    with pytest.raises(CommandError, match=r"s3://b/routing/0a1b\.json"):
        deploy.apply_plan(production.folder.name)
    stack.apply.assert_called_once_with(saved)
