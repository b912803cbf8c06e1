"""A Terraform stack on a local AWS: deployed afresh, restored from a golden snapshot, or left running.

A golden snapshot is a folder with a stopped local AWS, deployed once, and the working copy that deployed it. It is
named after everything that went into it, so an edit of Terraform, code or variables makes another one. A run never
touches it: it starts from a copy, which takes a second where an apply takes a minute.
"""

import hashlib
import importlib.metadata
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from scripts import project
from scripts.build import package
from scripts.environments import LOCAL, NOTIFICATIONS
from scripts.local.aws import LocalAws
from scripts.stacks import working_copy as terraform

GOLDEN = project.CACHE / "golden"
RUNS = project.CACHE / "runs"
UP = project.CACHE / "up"

KEPT_SNAPSHOTS = 2
DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A stack on a local AWS, and its Terraform outputs: ``topics``, ``queues``, ``functions``, ``rules`` and more."""

    aws: LocalAws
    stack: terraform.Stack
    outputs: Mapping[str, Any]


def files(variables: Mapping[str, object] | None = None, *, routing: Path | None = None) -> terraform.Files:
    """Build the zips and return what would be deployed.

    ``variables`` override those of the environment ``local``, ``routing`` replaces its routing file.
    """
    package.build()
    return terraform.working_files(NOTIFICATIONS, LOCAL, variables, routing=routing)


def deploy(aws: LocalAws, content: terraform.Files, name: str = NOTIFICATIONS) -> Deployment:
    """Apply ``content`` to ``aws``, and show it. Under another ``name`` (and ``name_prefix``) a second one fits in."""
    stack = terraform.Stack.create(NOTIFICATIONS, aws.folder / name, content, aws.env())
    stack.apply()
    return Deployment(aws=aws, stack=stack, outputs=stack.outputs())


@contextmanager
def deployed(
    variables: Mapping[str, object] | None = None, *, routing: Path | None = None, auth: bool = False
) -> Iterator[Deployment]:
    """Yield a private deployment, restored from the golden snapshot, which is made first if it is not there."""
    with _run_folder() as folder:
        _restore(folder, files(variables, routing=routing), auth=auth)
        with LocalAws.start(folder, auth=auth) as aws:
            yield _deployment(aws)


def running() -> Deployment | None:
    """Return the deployment that ``make up`` left running."""
    aws = LocalAws.find(UP)
    return _deployment(aws) if aws else None


@click.command()
def up() -> None:
    """Leave the present code running on a local AWS, and show how to use it."""
    content = files()
    key = snapshot_key(content, auth=False)
    aws = LocalAws.find(UP)
    if aws and (UP / "key").read_text() == key:
        print("It is running already.\n")
    else:
        if aws:
            print("Code or Terraform has changed since it was started: starting it again.")
            aws.stop()
        _restore(UP, content, auth=False)
        (UP / "key").write_text(key)
        aws = LocalAws.start(UP)
        # Until it is released, it ends with this process, however that ends.
        aws.release()
    _explain(aws)


def _explain(aws: LocalAws) -> None:
    exports = "\n".join(f"  export {name}={value}" for name, value in aws.settings.items())
    print(
        f"The stack is deployed on a local AWS at {aws.endpoint}\n\n"
        f"Use it with any AWS tool:\n{exports}\n\n"
        f"Send an event     make drill STATE=stopped NAME=web-1\n"
        f"Read the mails    {aws.endpoint}/_ministack/ses/messages\n"
        f"Read its log      {os.path.relpath(aws.log)}\n"
        f"Stop it           make down"
    )


@click.command()
def down() -> None:
    """Stop what `make up` started, and forget its state."""
    aws = LocalAws.find(UP)
    if aws:
        aws.stop()
    shutil.rmtree(UP, ignore_errors=True)
    print("Stopped." if aws else "Nothing is running.")


def _deployment(aws: LocalAws) -> Deployment:
    stack = terraform.Stack(NOTIFICATIONS, aws.folder / NOTIFICATIONS, aws.env())
    return Deployment(aws=aws, stack=stack, outputs=stack.outputs())


def _restore(folder: Path, content: terraform.Files, *, auth: bool) -> None:
    """Make ``folder`` a private copy of the golden snapshot of ``content``, which the first call makes."""
    golden = GOLDEN / snapshot_key(content, auth=auth)
    with project.locked(GOLDEN / "lock"):
        if not golden.exists():
            print("Deploying to a local AWS: a minute or two, once for every edit of Terraform or code.")
            try:
                _deploy_afresh(golden, content, auth=auth)
            except project.CommandError as error:
                print(f"The deployment failed:\n{error}\nIt starts over once, on a fresh local AWS.")
                _deploy_afresh(golden, content, auth=auth)
        golden.touch()
        prune(GOLDEN)
        with project.replacing(folder) as draft:
            shutil.copytree(golden, draft, symlinks=True, dirs_exist_ok=True)


def _deploy_afresh(golden: Path, content: terraform.Files, *, auth: bool) -> None:
    """Make ``golden`` a stopped local AWS with ``content`` deployed; a CommandError leaves nothing of it."""
    with project.replacing(golden) as draft, LocalAws.start(draft, auth=auth) as aws:
        deploy(aws, content)


def prune(golden: Path) -> None:
    """Remove all snapshots but the newest few."""
    snapshots = sorted((path for path in golden.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in snapshots[:-KEPT_SNAPSHOTS]:
        shutil.rmtree(old)


def snapshot_key(content: terraform.Files, *, auth: bool) -> str:
    """Return the name of the snapshot of ``content``; another emulator, or ``auth``, has another name."""
    emulator = importlib.metadata.version("ministack")
    return hashlib.sha256(f"{terraform.digest(content)} {emulator} {auth}".encode()).hexdigest()[:16]


@contextmanager
def _run_folder() -> Iterator[Path]:
    """Yield the name of a folder for one run, gone afterwards. What killed runs left goes when it is a day old."""
    RUNS.mkdir(parents=True, exist_ok=True)
    for left in RUNS.iterdir():
        if left.stat().st_mtime < time.time() - DAY_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    folder = RUNS / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
