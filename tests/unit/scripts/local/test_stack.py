"""What names a golden snapshot, and how long one is kept; nothing is deployed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import project
from scripts.local import stack as local_stack
from scripts.stacks import working_copy as terraform

STACK = "terraform/stacks/notifications"
LOCAL = "terraform/environments/local"


def _edit(name: str) -> Callable[[Path], None]:
    return lambda root: project.write(root / name, b"edited")


@pytest.mark.parametrize(
    "change",
    [
        _edit(f"{STACK}/main.tf"),
        _edit("terraform/modules/blocks/queue/main.tf"),
        _edit("terraform/modules/blocks/queue/another.tf"),
        _edit(f"{LOCAL}/notifications.tfvars"),
        _edit(f"{LOCAL}/routing.yaml"),
        _edit(f"{STACK}/.terraform.lock.hcl"),
        _edit("dist/f.zip"),
    ],
)
def test_an_edit_makes_another_snapshot(root: Path, change: Callable[[Path], None]) -> None:
    before = local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=False)
    change(root)
    assert local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=False) != before


@pytest.mark.parametrize(
    "name",
    [
        "terraform/modules/blocks/queue/tests/queue.tftest.hcl",
        "terraform/modules/blocks/queue/README.md",
        "terraform/stacks/other/main.tf",
        f"{LOCAL}/other.tfvars",
        f"{STACK}/terraform.tfstate",
    ],
)
def test_an_edit_of_what_is_not_deployed_makes_none(root: Path, name: str) -> None:
    before = local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=False)
    _edit(name)(root)
    assert local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=False) == before


def test_variables_auth_and_the_emulator_make_another_snapshot(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert root.exists()
    keys = {
        local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=False),
        local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=True),
        local_stack.snapshot_key(terraform.working_files("notifications", "local", {"name_prefix": "b-"}), auth=False),
    }
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "0")
    keys.add(local_stack.snapshot_key(terraform.working_files("notifications", "local"), auth=False))
    assert len(keys) == 4


def test_only_the_newest_snapshots_are_kept(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "second", "third", "oldest")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "lock").touch()
    local_stack.prune(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"newest", "second", "lock"}
