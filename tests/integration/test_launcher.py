"""``infra-events`` from any folder, as `make setup` links it."""

import subprocess
from pathlib import Path

import pytest

from scripts import project

LAUNCHER = project.ROOT / "scripts" / "infra-events"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with spaces in its name, and with a package that has the name of ours."""
    folder = tmp_path / "some where"
    project.write(folder / "scripts" / "__init__.py", b"raise SystemExit('not ours')\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "infra-events").symlink_to(LAUNCHER)
    return folder


def launched(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(folder / "bin" / "infra-events"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_runs_a_verb_of_its_project_from_any_folder(elsewhere: Path) -> None:
    shown = launched(elsewhere, "down", "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("Usage: infra-events down")


def test_it_passes_arguments_and_the_exit_status_on(elsewhere: Path) -> None:
    stopped = launched(elsewhere, "plan", "--env", "a b")
    assert stopped.returncode == 2
    assert stopped.stderr.startswith("error: ENV=a b is not an environment of notifications")


def test_without_its_venv_it_names_the_fix(tmp_path: Path) -> None:
    project.write(tmp_path / "scripts" / "infra-events", LAUNCHER.read_bytes(), mode=0o755)
    command = [str(tmp_path / "scripts" / "infra-events"), "up"]
    stopped = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr.endswith(f"run `make setup` in {tmp_path}\n")
