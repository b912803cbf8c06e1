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

import pytest

from scripts import project
from scripts.local import stack as local_stack
from scripts.local.aws import LocalAws
from scripts.stacks import working_copy
from tests.support.terraform import Root

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
    """What a stack is deployed with: Terraform's `variables`, and the routing file where it takes one."""

    stack: str
    variables: Mapping[str, object]
    routing: Path | None = None


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
                list(threads.map(lambda name: _apply(aws, contents[name], name), contents))

    def _archive(self, target: Path) -> None:
        """Write the commit's files to `target`, which shares this checkout's downloaded wheels."""
        archive = _git("archive", "--format=tar", self.commit)
        with project.replacing(target) as folder:
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(folder, filter="data")
            (folder / ".cache").mkdir()
            (folder / ".cache" / "wheels").symlink_to(project.CACHE / "wheels")

    def _files(self, inputs: Inputs, folder: Path) -> working_copy.Files:
        """Return the release's working copy for `inputs`, made by the release's scripts in another process."""
        source = self.folder / "source"
        if inputs.routing is None:
            return files_of(source, inputs)
        target = folder / "files"
        arguments = [self.module, json.dumps(inputs.variables), str(inputs.routing), str(target)]
        subprocess.run([sys.executable, "-c", WRITE_FILES, *arguments], cwd=source, check=True)
        files = {file.relative_to(target).as_posix(): file.read_bytes() for file in target.rglob("*") if file.is_file()}
        shutil.rmtree(target)
        return files


def files_of(checkout: Path, inputs: Inputs) -> working_copy.Files:
    """Return the working copy of a stack that needs nothing built: its folder, the modules, and its variables."""
    terraform, stack = checkout / "terraform", f"stacks/{inputs.stack}"
    sources = [file for folder in ("modules", stack) for file in (terraform / folder).rglob("*") if file.is_file()]
    files = {
        file.relative_to(checkout).as_posix(): file.read_bytes()
        for file in sources
        if {".terraform", "tests", "backend.tf"}.isdisjoint(file.parts) and ".tfstate" not in file.name
    }
    return files | {f"terraform/{stack}/inputs.auto.tfvars.json": json.dumps(inputs.variables).encode()}


def write_root(aws: LocalAws, files: working_copy.Files, name: str) -> Root:
    """Write a working copy into a folder of `aws`, and return its root module, which is where its lock file is."""
    for file, content in files.items():
        project.write(aws.folder / name / file, content)
    (lock,) = (file for file in files if file.endswith(working_copy.LOCK))
    return Root((aws.folder / name / lock).parent, aws.env())


def state(folder: Path) -> Path:
    """Return the state below a folder: releases differ in where a stack is."""
    (file,) = folder.rglob("terraform.tfstate")
    return file


def _apply(aws: LocalAws, files: working_copy.Files, name: str) -> None:
    root = write_root(aws, files, name)
    root.init()
    root.apply()


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
        routing = inputs.routing.read_bytes() if inputs.routing else b""
        state.update(f"{name} {inputs.stack} {json.dumps(inputs.variables, sort_keys=True)}".encode() + routing)
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
