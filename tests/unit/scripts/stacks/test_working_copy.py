"""What a working copy holds, and what names it; Terraform itself is not run."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import project
from scripts.local import stack as local_stack
from scripts.project import CommandError
from scripts.stacks import progress as terraform_progress
from scripts.stacks import working_copy as terraform
from scripts.stacks.working_copy import STACK


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    stack = tmp_path / "terraform" / STACK
    for name, content in {
        "terraform/modules/queue/main.tf": "# queue",
        "terraform/modules/queue/tests/queue.tftest.hcl": "# test",
        f"terraform/{STACK}/main.tf": "# stack",
        f"terraform/{STACK}/.terraform.lock.hcl": "# lock",
        f"terraform/{STACK}/.terraform/modules/modules.json": "{}",
        f"terraform/{STACK}/terraform.tfstate": "{}",
        f"terraform/{STACK}/environments/local.tfvars": "a = 1",
        f"terraform/{STACK}/environments/local.routing.yaml": "local",
        f"terraform/{STACK}/environments/other.tfvars": "a = 2",
        "dist/f.zip": "zip",
        "dist/manifest.json": "{}",
    }.items():
        project.write(tmp_path / name, content.encode())
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(project, "DIST", tmp_path / "dist")
    monkeypatch.setattr(terraform, "ENVIRONMENTS", stack / "environments")
    monkeypatch.setattr(terraform, "compiled", lambda file: b"compiled: " + file.read_bytes())
    return tmp_path


def test_a_working_copy_is_the_sources_what_was_built_and_three_files_of_its_own(root: Path) -> None:
    assert root.exists()
    files = terraform.working_files("local", {"name_prefix": "b-"})
    assert sorted(files) == [
        "dist/f.zip",
        "dist/routing.json",
        "routing/routing.yaml",
        "terraform/modules/queue/main.tf",
        f"terraform/{STACK}/.terraform.lock.hcl",
        f"terraform/{STACK}/environment.auto.tfvars",
        f"terraform/{STACK}/main.tf",
        f"terraform/{STACK}/own.auto.tfvars.json",
        f"terraform/{STACK}/root.tf",
    ]
    assert files[f"terraform/{STACK}/environment.auto.tfvars"] == b"a = 1"
    assert json.loads(files[f"terraform/{STACK}/own.auto.tfvars.json"]) == {
        "name_prefix": "b-",
        "package_dir": "../../../dist",
        "routing": {"source": "../../../routing/routing.yaml", "compiled": "../../../dist/routing.json"},
    }
    assert (files["routing/routing.yaml"], files["dist/routing.json"]) == (b"local", b"compiled: local")


def test_another_routing_can_be_deployed(root: Path) -> None:
    other = root / "teams.routing.yaml"
    other.write_bytes(b"teams")
    files = terraform.working_files("local", routing=other)
    assert (files["routing/routing.yaml"], files["dist/routing.json"]) == (b"teams", b"compiled: teams")


def test_an_environment_without_a_routing_is_told_how_to_have_one(root: Path) -> None:
    assert root.exists()
    with pytest.raises(CommandError, match=r"no other\.routing\.yaml.*copy example\.routing\.yaml"):
        terraform.working_files("other")


def _edit(name: str) -> Callable[[Path], None]:
    return lambda root: project.write(root / name, b"edited")


@pytest.mark.parametrize(
    "change",
    [
        _edit(f"terraform/{STACK}/main.tf"),
        _edit("terraform/modules/queue/main.tf"),
        _edit("terraform/modules/queue/another.tf"),
        _edit(f"terraform/{STACK}/environments/local.tfvars"),
        _edit(f"terraform/{STACK}/environments/local.routing.yaml"),
        _edit(f"terraform/{STACK}/.terraform.lock.hcl"),
        _edit("dist/f.zip"),
    ],
)
def test_an_edit_makes_another_snapshot(root: Path, change: Callable[[Path], None]) -> None:
    before = local_stack.snapshot_key(terraform.working_files("local"), auth=False)
    change(root)
    assert local_stack.snapshot_key(terraform.working_files("local"), auth=False) != before


@pytest.mark.parametrize(
    "name", ["terraform/modules/queue/tests/queue.tftest.hcl", f"terraform/{STACK}/terraform.tfstate"]
)
def test_an_edit_of_what_is_not_deployed_makes_none(root: Path, name: str) -> None:
    before = local_stack.snapshot_key(terraform.working_files("local"), auth=False)
    _edit(name)(root)
    assert local_stack.snapshot_key(terraform.working_files("local"), auth=False) == before


def test_variables_auth_and_the_emulator_make_another_snapshot(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert root.exists()
    keys = {
        local_stack.snapshot_key(terraform.working_files("local"), auth=False),
        local_stack.snapshot_key(terraform.working_files("local"), auth=True),
        local_stack.snapshot_key(terraform.working_files("local", {"name_prefix": "b-"}), auth=False),
    }
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "0")
    keys.add(local_stack.snapshot_key(terraform.working_files("local"), auth=False))
    assert len(keys) == 4


def test_only_the_newest_snapshots_are_kept(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "second", "third", "oldest")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "lock").touch()
    local_stack.prune(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"newest", "second", "lock"}


def test_terraform_gets_no_options_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "CACHE", tmp_path)
    configuration = tmp_path / "terraformrc"
    env = {"TF_CLI_CONFIG_FILE": str(configuration), "TF_CLI_ARGS_apply": "-destroy", "TF_VAR_a": "1", "PATH": "/bin"}
    assert {"TF_CLI_CONFIG_FILE", "TF_CLI_ARGS_apply", "TF_VAR_a"}.isdisjoint(terraform.clean(env))
    configuration.touch()
    kept = terraform.clean(env)
    assert kept["TF_CLI_CONFIG_FILE"] == str(configuration)
    assert kept["PATH"] == "/bin"


def test_progress_counts_changes_but_not_readings(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[dict[str, object]] = [
        {"type": "change_summary", "changes": {"add": 2, "change": 0, "remove": 0, "operation": "plan"}},
        {"type": "apply_complete", "hook": {"action": "read", "resource": {"addr": "data.a"}}},
        {"type": "apply_start", "hook": {"action": "create", "resource": {"addr": "b"}}},
        {"type": "apply_complete", "hook": {"action": "create", "resource": {"addr": "b"}}},
    ]
    with terraform_progress.shown("apply") as show:
        show("not JSON\n")
        for event in events:
            show(json.dumps(event))
    assert capsys.readouterr().out == "    1/2 b\n"


def test_progress_of_a_saved_plan_has_no_total(capsys: pytest.CaptureFixture[str]) -> None:
    with terraform_progress.shown("apply") as show:
        show(json.dumps({"type": "apply_complete", "hook": {"action": "create", "resource": {"addr": "b"}}}))
    assert capsys.readouterr().out == "    1 b\n"


def test_a_failure_is_told_in_terraforms_words() -> None:
    diagnostic = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No zips", "detail": "Build."}}
    warning = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Old", "detail": "Newer."}}
    assert terraform_progress.failure([json.dumps(warning), json.dumps(diagnostic)]) == "No zips\nBuild."
    assert terraform_progress.failure(["Error: plain\n"]) == "Error: plain"
