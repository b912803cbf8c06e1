"""What a working copy holds; Terraform itself is not run."""

import json
from pathlib import Path

import pytest

from scripts import project
from scripts.project import CommandError
from scripts.stacks import working_copy as terraform

STACK = "terraform/stacks/notifications"


def test_a_working_copy_is_the_sources_what_was_built_and_three_files_of_its_own(root: Path) -> None:
    assert root.exists()
    files = terraform.working_files("notifications", "local", {"name_prefix": "b-"})
    assert sorted(files) == [
        "dist/f.zip",
        "dist/routing.json",
        "routing/routing.yaml",
        "terraform/modules/blocks/queue/main.tf",
        f"{STACK}/.terraform.lock.hcl",
        f"{STACK}/environment.auto.tfvars",
        f"{STACK}/main.tf",
        f"{STACK}/own.auto.tfvars.json",
        f"{STACK}/root.tf",
        f"{STACK}/variables.tf",
    ]
    assert files[f"{STACK}/environment.auto.tfvars"] == b"a = 1"
    assert json.loads(files[f"{STACK}/own.auto.tfvars.json"]) == {
        "name_prefix": "b-",
        "package_dir": "../../../dist",
        "routing": {"source": "../../../routing/routing.yaml", "compiled": "../../../dist/routing.json"},
    }
    assert (files["routing/routing.yaml"], files["dist/routing.json"]) == (b"local", b"compiled: local")


def test_a_stack_gets_only_the_inputs_that_it_declares(root: Path) -> None:
    assert root.exists()
    files = terraform.working_files("other", "unrouted")
    assert sorted(files) == [
        "terraform/modules/blocks/queue/main.tf",
        "terraform/stacks/other/environment.auto.tfvars",
        "terraform/stacks/other/main.tf",
        "terraform/stacks/other/own.auto.tfvars.json",
        "terraform/stacks/other/root.tf",
        "terraform/stacks/other/variables.tf",
    ]
    assert json.loads(files["terraform/stacks/other/own.auto.tfvars.json"]) == {}


def test_another_routing_can_be_deployed(root: Path) -> None:
    other = root / "teams.routing.yaml"
    other.write_bytes(b"teams")
    files = terraform.working_files("notifications", "local", routing=other)
    assert (files["routing/routing.yaml"], files["dist/routing.json"]) == (b"teams", b"compiled: teams")


def test_an_environment_without_a_routing_names_the_one_to_copy(root: Path) -> None:
    assert root.exists()
    with pytest.raises(
        CommandError,
        match=r"no terraform/environments/unrouted/routing\.yaml.*copy terraform/environments/example/routing\.yaml",
    ):
        terraform.working_files("notifications", "unrouted")


def test_a_file_that_is_not_hcl_is_named(root: Path) -> None:
    (root / STACK / "variables.tf").write_text("variable {")
    with pytest.raises(CommandError, match=r"^terraform/stacks/notifications/variables\.tf is not HCL: "):
        terraform.working_files("notifications", "local")


def test_terraform_gets_no_options_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "CACHE", tmp_path)
    configuration = tmp_path / "terraformrc"
    env = {"TF_CLI_CONFIG_FILE": str(configuration), "TF_CLI_ARGS_apply": "-destroy", "TF_VAR_a": "1", "PATH": "/bin"}
    assert {"TF_CLI_CONFIG_FILE", "TF_CLI_ARGS_apply", "TF_VAR_a"}.isdisjoint(terraform.clean(env))
    configuration.touch()
    kept = terraform.clean(env)
    assert kept["TF_CLI_CONFIG_FILE"] == str(configuration)
    assert kept["PATH"] == "/bin"
