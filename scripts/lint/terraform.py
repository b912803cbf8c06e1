"""Terraform's own checks: the format of every file, and that every stack, example and module is valid."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from scripts import environments, project
from scripts.project import CommandError
from scripts.stacks import release
from scripts.stacks.working_copy import INIT_LOCK, LOCK, clean

MISFORMATTED = 3
"""The exit status of ``terraform fmt -check`` when it would change a file."""


@click.command()
def lint_terraform() -> None:
    """Check the format of terraform/, and that each stack, example and module is valid."""
    check(project.ROOT / "terraform")


def check(source: Path) -> None:
    """Raise CommandError, once everything is checked, if something below ``source`` is misformatted or invalid."""
    problems = _misformatted(source)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve() / source.name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf"))
        problems += _invalid(copy)
    if problems:
        raise CommandError("\n       ".join(problems))


def _misformatted(source: Path) -> list[str]:
    """Return what is wrong with the files' format; Terraform's complaint where it cannot read a file."""
    code, output = _terraform(source.parent, "fmt", "-check", "-recursive", "-no-color", source.name)
    if code == MISFORMATTED:
        return [f"{name}: not formatted (terraform fmt {name})" for name in output.splitlines()]
    return [output] if code else []


def _invalid(source: Path) -> Iterator[str]:
    """Yield what is wrong in each folder that is not valid, each module being checked with what calls it."""
    checked: set[Path] = set()
    lock = source / "stacks" / environments.NOTIFICATIONS / LOCK
    for folder in _folders(source):
        if folder not in checked:
            if problem := _validate(folder, lock):
                yield f"{folder.relative_to(source.parent)}: {problem}"
            checked |= _called(folder)


def _folders(source: Path) -> list[Path]:
    """Return every stack, every example and every module below ``source``; those that call modules come first."""
    kinds = ("stacks", "examples", "modules")
    return [
        file.parent
        for kind in kinds
        for file in sorted((source / kind).rglob("versions.tf"))
        if {"tests", ".terraform"}.isdisjoint(file.relative_to(source).parts)
    ]


def _validate(folder: Path, lock: Path) -> str | None:
    """Return Terraform's complaint about a folder, None when it is valid. ``lock`` is for one without a lock file."""
    if not (folder / LOCK).exists():
        shutil.copy(lock, folder)
    mirror = release.provider_mirror(folder / LOCK)
    plugins = [f"-plugin-dir={mirror}"] if mirror else []
    with project.locked(INIT_LOCK):
        code, output = _terraform(folder, "init", "-no-color", "-backend=false", "-lockfile=readonly", *plugins)
    if not code:
        code, output = _terraform(folder, "validate", "-no-color")
    return output if code else None


def _called(folder: Path) -> set[Path]:
    """Return the folders of all modules that ``terraform init`` found a call of, directly or not."""
    listing = folder / ".terraform" / "modules" / "modules.json"
    if not listing.exists():
        return set()
    return {(folder / module["Dir"]).resolve() for module in json.loads(listing.read_text())["Modules"]}


def _terraform(folder: Path, *command: str) -> tuple[int, str]:
    """Run Terraform in ``folder`` and return its exit status and output."""
    run = subprocess.run(
        [release.binary(), *command],
        cwd=folder,
        env=clean(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout.strip()
