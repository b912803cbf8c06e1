"""What is looked at before an environment is touched: that it is there, and in which account."""

from pathlib import Path
from typing import Any

import pytest

from scripts import aws_session, project
from scripts.build import package
from scripts.project import CommandError
from scripts.stacks import deploy
from scripts.stacks import working_copy as terraform


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
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def build() -> None:
        raise AssertionError("nothing is built for an environment that is refused")

    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(deploy, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr(aws_session, "new", Session)
    for name in ("local", "example", "production"):
        (tmp_path / f"{name}.tfvars").touch()
    return tmp_path


@pytest.mark.parametrize("verb", [deploy.plan, deploy.apply, deploy.drift, deploy.destroy])
def test_a_wrong_account_is_refused_before_anything_is_done(environments: Path, verb: Any) -> None:
    (environments / "production.tfbackend").write_text('key = "k"\nallowed_account_ids = ["444455556666"]\n')

    with pytest.raises(
        CommandError, match=r"^these are credentials of account 111122223333, and the environment is in 444455556666$"
    ):
        verb("production")


@pytest.mark.parametrize("line", ["", '# allowed_account_ids = ["111122223333"]', "allowed_account_ids = []"])
def test_a_backend_says_which_account_it_is_for(environments: Path, line: str) -> None:
    (environments / "production.tfbackend").write_text(f'bucket = "b"\n{line}\n')

    with pytest.raises(CommandError, match=r"^production\.tfbackend does not say which account it is for"):
        deploy.plan("production")


def test_the_right_account_goes_on(environments: Path) -> None:
    (environments / "production.tfbackend").write_text('allowed_account_ids = ["111122223333"]\n')

    with pytest.raises(AssertionError, match="nothing is built"):
        deploy.plan("production")


@pytest.mark.parametrize("name", ["local", "example", "staging", ""])
def test_what_is_no_environment_is_refused(environments: Path, name: str) -> None:
    assert environments.exists()
    with pytest.raises(CommandError, match="is not an environment; there is production"):
        deploy.plan(name)


@pytest.mark.usefixtures("environments")
@pytest.mark.parametrize(("missing", "said"), [("account", "no AWS credentials"), ("region_name", "no AWS region")])
def test_without_credentials_or_region_nothing_starts(monkeypatch: pytest.MonkeyPatch, missing: str, said: str) -> None:
    monkeypatch.setattr(Session, missing, None)

    with pytest.raises(CommandError, match=said):
        deploy.plan("production")


def test_the_example_is_a_backend_that_names_its_account() -> None:
    example = terraform.ENVIRONMENTS / "example.tfbackend"

    assert deploy._account(example) in example.read_text()  # noqa: SLF001 - what the command reads
