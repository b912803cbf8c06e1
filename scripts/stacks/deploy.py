"""Plan, apply and destroy an environment of a real AWS account: `make plan ENV=…`, then `make apply ENV=…`.

What was planned is what is applied: the plan is saved under a name made from all that went into it, zips included. So
it may be applied elsewhere too, from a checkout of the same commit. An environment with a backend names its account
there, and no other one is touched.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts import aws_session, project
from scripts.build import package
from scripts.local.stack import ENVIRONMENT as LOCAL
from scripts.project import CommandError
from scripts.stacks import working_copy as terraform
from scripts.stacks.working_copy import ENVIRONMENTS, Stack

if TYPE_CHECKING:
    from pathlib import Path

WORK = project.CACHE / "deploy"


def plan(environment: str) -> None:
    """Show what would change in `environment`, and save that if it is anything."""
    stack, saved = _prepare(environment)
    for older in saved.parent.glob("*.tfplan"):
        older.unlink()
    if stack.plan(saved, on_line=lambda line: print(line, end="")):
        print(f"\nThis is what `make apply ENV={environment}` will do.")
    else:
        saved.unlink()


def apply(environment: str) -> None:
    """Apply the saved plan of `environment`, if it was made from the present code and settings."""
    stack, saved = _prepare(environment)
    if not saved.exists():
        raise CommandError(f"there is no plan of the present code and settings: make plan ENV={environment}")
    stack.apply(saved)
    saved.unlink()


def drift(environment: str) -> None:
    """Fail if anything in `environment` is not as the present code and settings would have it."""
    stack, _ = _prepare(environment)
    if stack.plan(on_line=lambda line: print(line, end="")):
        raise CommandError(f"{environment} is not what is written here: see above")


def destroy(environment: str) -> None:
    """Remove all of `environment`, once a person has typed its name."""
    stack, _ = _prepare(environment)
    count = len(stack.resources())
    if not count:
        print(f"There is nothing to remove in {environment}.")
        return
    try:
        answer = input(f"This removes {count} resources and every message that waits. Type {environment} to go on: ")
    except EOFError:
        answer = ""
    if answer != environment:
        raise CommandError("nothing was removed")
    stack.destroy()


def outputs(environment: str) -> dict[str, Any]:
    """Return what Terraform's state says of `environment`, nothing before the first apply; it needs no zips."""
    must_exist(environment)
    backend, remote = _backend(environment)
    files = terraform.state_files(backend)
    return Stack.create(WORK / environment / "state", files, _env(remote), backend_config=remote).outputs()


def _prepare(environment: str) -> tuple[Stack, Path]:
    """Return the environment's working copy, initialised, and where its plan belongs."""
    must_exist(environment)
    backend, remote = _backend(environment)
    env = _env(remote)
    package.build()
    if remote is None:
        state = (ENVIRONMENTS / f"{environment}.tfstate").relative_to(project.ROOT)
        print(
            f"There is no {environment}.tfbackend: any account will do, and the state is on this machine alone, "
            f"in {state}."
        )
    files = terraform.working_files(environment, backend=backend)
    folder = WORK / environment
    stack = Stack.create(folder, files, env, backend_config=remote)
    return stack, folder / f"{terraform.digest(files)}.tfplan"


def must_exist(environment: str) -> None:
    """Raise a CommandError for what is no environment of a real account."""
    known = sorted(file.stem for file in ENVIRONMENTS.glob("*.tfvars") if file.stem not in (LOCAL, "example"))
    if environment not in known:
        raise CommandError(
            f"ENV={environment} is not an environment; there is {', '.join(known) or 'none yet'}: "
            f"copy example.tfvars and example.routing.yaml in {ENVIRONMENTS.relative_to(project.ROOT)} for a new one"
        )


def _backend(environment: str) -> tuple[str, Path | None]:
    """Return the backend of an environment, and the file with its configuration if that is remote."""
    remote = ENVIRONMENTS / f"{environment}.tfbackend"
    if remote.exists():
        return 'backend "s3" {}', remote
    # Not in the working copy: `make clean` would leave resources that no state knows.
    state = ENVIRONMENTS / f"{environment}.tfstate"
    return f'backend "local" {{\n    path = "{state}"\n  }}', None


def _account(remote: Path) -> str:
    """Return the id of the environment's account, from the line of its backend that Terraform heeds as well."""
    found = re.search(r'^allowed_account_ids *= *\["(\d{12})"\]', remote.read_text(), re.MULTILINE)
    if not found:
        raise CommandError(f'{remote.name} does not say which account it is for: allowed_account_ids = ["<its id>"]')
    return found[1]


def _env(remote: Path | None) -> dict[str, str]:
    """Return this process's environment, having made sure that it leads to the backend's account and to some region."""
    account = _account(remote) if remote else None
    try:
        session = aws_session.new()
        if session.get_credentials() is None:
            raise CommandError("no AWS credentials: set AWS_PROFILE, or log in as you do for the AWS command line")
        if session.region_name is None:
            raise CommandError("no AWS region: set AWS_REGION")
        actual = session.client("sts").get_caller_identity()["Account"] if account else None
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"no AWS credentials: {error}") from error
    if actual != account:
        raise CommandError(f"these are credentials of account {actual}, and the environment is in {account}")
    return dict(os.environ) | {"AWS_REGION": session.region_name}


def main() -> None:
    """Run `plan ENV`, `apply ENV`, `drift ENV` or `destroy ENV`."""
    match sys.argv[1:]:
        case ["plan", environment]:
            plan(environment)
        case ["apply", environment]:
            apply(environment)
        case ["drift", environment]:
            drift(environment)
        case ["destroy", environment]:
            destroy(environment)
        case _:
            raise CommandError("say: python -m scripts.stacks.deploy plan|apply|drift|destroy ENV")


if __name__ == "__main__":
    project.run(main)
