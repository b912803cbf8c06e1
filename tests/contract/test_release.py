"""What a release carries: all that the manifest lists, a routing compiler that works alone, the changelog's words."""

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import environments, project
from scripts.build import package
from scripts.compile.routing.check import compiled

ROUTING_FILE = environments.files(environments.EXAMPLE).routing


@pytest.fixture(scope="module")
def manifest() -> dict[str, package.Package]:
    return package.build()


def _steps(job: str) -> list[dict[str, Any]]:
    workflow = yaml.safe_load((project.ROOT / ".github" / "workflows" / "release.yml").read_text())
    steps: list[dict[str, Any]] = workflow["jobs"][job]["steps"]
    return steps


def _uploaded() -> list[str]:
    """Return the patterns of the files that pass from the job that builds to the one that publishes."""
    (step,) = (step for step in _steps("build") if step.get("uses", "").startswith("actions/upload-artifact"))
    return str(step["with"]["path"]).split()


def _attached() -> list[str]:
    """Return the patterns of the files that are attached to the release."""
    (step,) = (step for step in _steps("publish") if "gh release create" in step.get("run", ""))
    return [word for word in step["run"].split() if word.startswith("dist/")]


@pytest.mark.parametrize("patterns", [_uploaded(), _attached()], ids=["uploaded", "attached"])
def test_everything_in_the_manifest_is_released(manifest: dict[str, package.Package], patterns: list[str]) -> None:
    files = [f"dist/{name}" for name in ("manifest.json", "catalogue.json", *(it.file for it in manifest.values()))]

    assert [file for file in files if not any(fnmatchcase(file, pattern) for pattern in patterns)] == []


def test_the_manifest_lists_what_is_built(manifest: dict[str, package.Package]) -> None:
    listed = json.loads((project.DIST / "manifest.json").read_text())

    assert {it["file"] for it in listed.values()} == {it.file for it in manifest.values()}
    assert {file.name for file in project.DIST.glob("*.pyz")} <= {it.file for it in manifest.values()}


def _tool(folder: Path, *arguments: str, options: str = "-I") -> subprocess.CompletedProcess[str]:
    """Run the routing compiler from a folder that has nothing of this repository."""
    tool = shutil.copy(project.DIST / f"{package.ROUTING}.pyz", folder)
    return subprocess.run(
        [sys.executable, *options.split(), tool, *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def elsewhere(manifest: dict[str, package.Package], tmp_path: Path) -> Path:
    assert package.ROUTING in manifest
    shutil.copy(ROUTING_FILE, tmp_path / "my.routing.yaml")
    shutil.copy(ROUTING_FILE.with_name(environments.ACCOUNTS), tmp_path)
    return tmp_path


def test_the_routing_compiler_compiles_in_isolation(elsewhere: Path) -> None:
    done = _tool(elsewhere, "my.routing.yaml")

    assert done.returncode == 0, done.stderr
    assert (elsewhere / "dist" / "routing" / "my.json").read_bytes() == compiled(ROUTING_FILE)
    assert "compiled to dist/routing" in done.stdout


def test_the_routing_compiler_names_a_finding(elsewhere: Path) -> None:
    (elsewhere / "my.routing.yaml").write_text("version: 1\n")

    done = _tool(elsewhere, "my.routing.yaml")

    assert (done.returncode, done.stderr) == (1, "error: 2 errors in 1 file; nothing was compiled\n")
    assert "my.routing.yaml:1: defaults: defaults is missing" in done.stdout
    assert not (elsewhere / "dist").exists()


def test_the_routing_compiler_names_the_packages_that_it_needs(elsewhere: Path) -> None:
    done = _tool(elsewhere, "my.routing.yaml", options="-I -S")  # without any installed package
    pins = re.findall(r"^(?:click|jmespath|jsonschema|pyyaml|rich)==\S+", _pinned(), re.MULTILINE)

    assert done.returncode == 1
    assert re.fullmatch(r"error: there is no Python package \w+: \S+ -m pip install (.+)\n", done.stderr)
    assert set(done.stderr.split()[-len(pins) :]) == set(pins)


def _pinned() -> str:
    return (project.ROOT / "requirements" / "dev.txt").read_text()


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["--file", "x"], 2), (["--help"], 0), (["none.yaml"], 2)])
def test_the_routing_compilers_statuses(elsewhere: Path, arguments: list[str], status: int) -> None:
    assert _tool(elsewhere, *arguments).returncode == status


def test_the_changelog_has_what_a_release_takes_from_it() -> None:
    """The workflow takes the part below ``## <version> - <date>``."""
    heads = re.findall(r"^## (.+)$", (project.ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    versions = [head.split() for head in heads[1:]]

    assert heads[0] == "Unreleased"
    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", v) and re.fullmatch(r"\d{4}-\d\d-\d\d", d) for v, _, d in versions)
