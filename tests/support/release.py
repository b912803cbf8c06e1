"""A release of this repository as it was, taken from git's history, built by its own scripts and deployed."""

import hashlib
import importlib.metadata
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import project
from scripts.local import stack as local_stack
from scripts.local.aws import LocalAws
from scripts.stacks import working_copy

RELEASES = project.CACHE / "releases"

WRITE_FILES = """
import importlib, json, pathlib, sys
module, variables, routing, folder = sys.argv[1:]
files = importlib.import_module(module).files(json.loads(variables), routing=pathlib.Path(routing))
for name, content in files.items():
    file = pathlib.Path(folder, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
"""
"""Run in the release's folder: builds its zips and writes its stack's working copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a deployment is made from besides the release: Terraform's `variables`, and the routing file."""

    variables: Mapping[str, object]
    routing: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A commit, and the module there whose `files(variables, routing=path)` returns the stack's working copy."""

    commit: str
    module: str

    @property
    def folder(self) -> Path:
        return RELEASES / self.commit

    @contextmanager
    def deployed(self, deployments: Mapping[str, Inputs]) -> Iterator[LocalAws]:
        """Yield a local AWS on which this release is deployed once per entry of `deployments`, each under its name.

        Applied once and kept: a run starts from a copy. Skips the test where the commit cannot be had.
        """
        _require(self.commit)
        kept = self.folder / f"deployed-{_digest(deployments)}"
        with project.locked(RELEASES / "lock"):
            if not kept.exists():
                shutil.rmtree(self.folder, ignore_errors=True)
                self._deploy(deployments, kept)
        with _copy(kept) as folder, LocalAws.start(folder) as aws:
            yield aws

    def _deploy(self, deployments: Mapping[str, Inputs], target: Path) -> None:
        self._archive(self.folder / "source")
        with project.replacing(target) as folder:
            contents = {name: self._files(inputs, folder) for name, inputs in deployments.items()}
            with LocalAws.start(folder) as aws, ThreadPoolExecutor() as threads:
                list(threads.map(lambda name: local_stack.deploy(aws, contents[name], name), contents))

    def _archive(self, target: Path) -> None:
        """Write the commit's files to `target`, which shares this checkout's downloaded wheels."""
        archive = _git("archive", "--format=tar", self.commit)
        with project.replacing(target) as folder:
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(folder, filter="data")
            (folder / ".cache").mkdir()
            (folder / ".cache" / "wheels").symlink_to(project.CACHE / "wheels")

    def _files(self, inputs: Inputs, folder: Path) -> working_copy.Files:
        """Return the release's working copy for `inputs`, made by the release's own scripts in a process of theirs."""
        target = folder / "files"
        arguments = [self.module, json.dumps(inputs.variables), str(inputs.routing), str(target)]
        subprocess.run([sys.executable, "-c", WRITE_FILES, *arguments], cwd=self.folder / "source", check=True)
        files = {file.relative_to(target).as_posix(): file.read_bytes() for file in target.rglob("*") if file.is_file()}
        shutil.rmtree(target)
        return files


def outputs(folder: Path) -> dict[str, Any]:
    """Return the outputs in the Terraform state of a deployment's folder."""
    state = json.loads((stack_folder(folder) / "terraform.tfstate").read_text())
    return {name: output["value"] for name, output in state["outputs"].items()}


def stack_folder(folder: Path) -> Path:
    """Return where in a working copy the stack is, by its state: releases differ in it."""
    (state,) = folder.rglob("terraform.tfstate")
    return state.parent


def _require(commit: str) -> None:
    try:
        _git("cat-file", "-e", f"{commit}^{{commit}}")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(
            f"commit {commit[:7]} is not in the history here (a shallow clone or no git): nothing to upgrade from"
        )


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments],  # noqa: S607 - git is where the machine has it
        cwd=project.ROOT,
        capture_output=True,
        check=True,
    ).stdout


def _digest(deployments: Mapping[str, Inputs]) -> str:
    """Return a name for what is deployed: another one for other inputs, and for another emulator."""
    state = hashlib.sha256(importlib.metadata.version("ministack").encode())
    for name, inputs in sorted(deployments.items()):
        state.update(f"{name} {json.dumps(inputs.variables, sort_keys=True)}".encode() + inputs.routing.read_bytes())
    return state.hexdigest()[:16]


@contextmanager
def _copy(kept: Path) -> Iterator[Path]:
    folder = local_stack.RUNS / f"{kept.name}-{os.getpid()}"
    try:
        with project.replacing(folder) as draft:
            shutil.copytree(kept, draft, symlinks=True, dirs_exist_ok=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
