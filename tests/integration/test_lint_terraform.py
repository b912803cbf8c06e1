"""What ``lint-terraform`` finds, with the real Terraform on a small tree."""

import re
import shutil
from pathlib import Path

import pytest

from scripts import environments, project
from scripts.lint import terraform as lint
from scripts.project import CommandError

VERSIONS = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
CALL = 'module "called" {\n  source = "../../modules/blocks/called"\n}\n'
STACK = f"stacks/{environments.NOTIFICATIONS}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    source = tmp_path / "terraform"
    for name in (STACK, "modules/blocks/called", "modules/alone", "examples/minimal"):
        project.write(source / name / "versions.tf", VERSIONS.encode())
    project.write(source / STACK / "main.tf", CALL.encode())
    project.write(source / STACK / "tests" / "fixture" / "versions.tf", b"# a test's own module\n")
    shutil.copy(environments.STACKS / environments.NOTIFICATIONS / ".terraform.lock.hcl", source / STACK)
    return source


def test_a_module_is_checked_with_the_stack_that_calls_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    monkeypatch.setattr(lint, "_validate", lambda folder, _lock: checked.append(folder.name))
    monkeypatch.setattr(lint, "_called", lambda folder: {folder.parents[1] / "modules/blocks/called"})
    lint.check(tree)
    assert checked == ["notifications", "minimal", "alone"]


def test_every_problem_is_found_at_once(tree: Path) -> None:
    (tree / "modules/alone/outputs.tf").write_text('output "a" {\n  value = var.b\n}\n')
    (tree / "modules/blocks/called/outputs.tf").write_text('output "c" {\n value = var.d\n}\n')
    with pytest.raises(CommandError) as failed:
        lint.check(tree)
    message = str(failed.value)
    assert message.startswith("terraform/modules/blocks/called/outputs.tf: not formatted")
    assert re.search(r"terraform/stacks/notifications: .*variable with the name \"d\"", message, re.DOTALL)
    assert re.search(r"terraform/modules/alone: .*variable with the name \"b\"", message, re.DOTALL)
    assert "terraform/examples" not in message


def test_a_file_that_terraform_cannot_read_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "_validate", lambda _folder, _lock: None)
    (tree / "modules/alone/main.tf").write_text("broken")
    with pytest.raises(CommandError, match=r"on terraform/modules/alone/main\.tf line 1"):
        lint.check(tree)
