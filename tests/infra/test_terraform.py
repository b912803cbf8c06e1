"""`terraform test` of every module and stack: its tests lie beside it, in tests/*.tftest.hcl."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import environments, project
from scripts.build import package
from scripts.stacks import release as terraform_release
from scripts.stacks.working_copy import CATALOGUE, INIT_LOCK, clean

SOURCE = project.ROOT / "terraform"
LOCK = environments.STACKS / environments.NOTIFICATIONS / ".terraform.lock.hcl"
FOLDERS = sorted(
    (str(folder.relative_to(SOURCE)) for kind in ("modules", "stacks") for folder in (SOURCE / kind).iterdir()),
    key=lambda folder: -sum(file.stat().st_size for file in (SOURCE / folder / "tests").glob("*.tftest.hcl")),
)
"""Each has tests; those with the most come first, since they take longest."""


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of terraform/ beside what is built from this checkout, which the stack's tests are of."""
    copy = tmp_path_factory.mktemp("infra") / "terraform"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf"))
    package.build()
    for folder in ("dist", CATALOGUE):
        shutil.copytree(project.ROOT / folder, copy.parent / folder)
    return copy


@pytest.mark.parametrize("folder", [pytest.param(folder, marks=pytest.mark.xdist_group(folder)) for folder in FOLDERS])
def test_terraform(terraform: Path, folder: str) -> None:
    output = terraform_test(terraform / folder)

    assert " passed, 0 failed." in output, output
    assert "Success! 0 passed" not in output, f"{folder} has no tests"


def terraform_test(folder: Path) -> str:
    """Run the tests in `folder`, with the provider that is locked for the stack, and return Terraform's output."""
    if not (folder / LOCK.name).exists():
        shutil.copy(LOCK, folder)
    mirror = terraform_release.provider_mirror(LOCK)
    with project.locked(INIT_LOCK):
        initialised = _run(folder, "init", "-lockfile=readonly", *([f"-plugin-dir={mirror}"] if mirror else []))
    return initialised + _run(folder, "test")


def _run(folder: Path, command: str, *options: str) -> str:
    return subprocess.run(
        [terraform_release.binary(), command, "-no-color", *options],
        cwd=folder,
        env=clean(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout
