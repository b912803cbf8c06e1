"""A project folder with what a working copy is made of."""

from pathlib import Path

import pytest

from scripts import environments, project
from scripts.stacks import working_copy

STACK = "terraform/stacks/notifications"
LOCAL = "terraform/environments/local"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in {
        "terraform/modules/blocks/queue/main.tf": "# queue",
        "terraform/modules/blocks/queue/README.md": "a page",
        "terraform/modules/blocks/queue/tests/queue.tftest.hcl": "# test",
        f"{STACK}/main.tf": "# stack",
        f"{STACK}/variables.tf": 'variable "package_dir" {}\nvariable "routing" {\n  type = string\n}\n',
        f"{STACK}/.terraform.lock.hcl": "# lock",
        f"{STACK}/.terraform/modules/modules.json": "{}",
        f"{STACK}/terraform.tfstate": "{}",
        "terraform/stacks/other/main.tf": "# another stack",
        "terraform/stacks/other/variables.tf": 'variable "a" {}',
        f"{LOCAL}/notifications.tfvars": "a = 1",
        f"{LOCAL}/other.tfvars": "a = 3",
        f"{LOCAL}/routing.yaml": "local",
        "terraform/environments/unrouted/notifications.tfvars": "a = 2",
        "terraform/environments/unrouted/other.tfvars": "a = 2",
        "dist/f.zip": "zip",
        "dist/manifest.json": "{}",
    }.items():
        project.write(tmp_path / name, content.encode())
    monkeypatch.setattr(project, "ROOT", tmp_path)
    monkeypatch.setattr(project, "DIST", tmp_path / "dist")
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "terraform" / "environments")
    monkeypatch.setattr(environments, "STACKS", tmp_path / "terraform" / "stacks")
    monkeypatch.setattr(working_copy, "compiled", lambda file: b"compiled: " + file.read_bytes())
    return tmp_path
