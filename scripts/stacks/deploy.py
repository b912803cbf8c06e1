"""Plan, apply and destroy a stack in a real AWS account: ``make plan ENV=…``, then ``make apply ENV=…``.

What was planned is what is applied: the plan is saved under a name made from all that went into it, zips included. So
it may be applied elsewhere too, from a checkout of the same commit. An environment with a backend names its account
there, and no other one is touched.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from infra_events.aws import routing_store
from scripts import aws_session, environments, options, project
from scripts.build import package
from scripts.environments import EXAMPLE, LOCAL, NOTIFICATIONS
from scripts.project import CommandError, UsageError
from scripts.stacks import hcl, mail_limits, waiting
from scripts.stacks import working_copy as terraform
from scripts.stacks.working_copy import Stack

WORK = project.CACHE / "deploy"


@click.command()
@options.required_environment
@options.stack
def plan(environment: str, stack: str) -> None:
    """Show what would change in a real account, and save the plan.

    The plan is saved for `make apply`, unless nothing would change.
    """
    save_plan(environment, stack)


@click.command()
@options.required_environment
@options.stack
def apply(environment: str, stack: str) -> None:
    """Apply the saved plan to a real account.

    Fails when the code or the settings have changed since it was planned, when messages wait in a queue that it
    deletes, and when the functions' routing is not there afterwards.
    """
    apply_plan(environment, stack)


@click.command()
@options.required_environment
@options.stack
def drift(environment: str, stack: str) -> None:
    """Fail when a deployment is not as this checkout describes it."""
    find_drift(environment, stack)


@click.command()
@options.required_environment
@options.stack
def destroy(environment: str, stack: str) -> None:
    """Remove all of a stack from a real account, after a question."""
    remove(environment, stack)


def save_plan(environment: str, stack: str = NOTIFICATIONS) -> None:
    """Show what would change in ``environment``; save the plan if it changes anything."""
    copy, saved = prepare(environment, stack)
    for older in saved.parent.glob("*.tfplan"):
        older.unlink()
    if copy.plan(saved, on_line=lambda line: print(line, end="")):
        print(f"\nThis is what `{_make('apply', environment, stack)}` will do.")
    else:
        saved.unlink()


def apply_plan(environment: str, stack: str = NOTIFICATIONS) -> None:
    """Apply the saved plan of ``environment``, if it was made from the present code, settings and limits of SES.

    Raises CommandError before anything is applied when it deletes a queue that holds messages.
    """
    copy, saved = prepare(environment, stack)
    if not saved.exists():
        again = _make("plan", environment, stack)
        if any(saved.parent.glob("*.tfplan")):
            raise CommandError(
                f"the saved plan was made from other code, settings or limits of SES than the present ones: {again}"
            )
        raise CommandError(f"there is no plan of the present code and settings: {again}")
    resources = waiting.planned(copy.show(saved))
    if held := waiting.queues(resources, _sqs(environment)):
        raise CommandError(waiting.refusal(held, f" ENV={environment}"))
    copy.apply(saved)
    saved.unlink()
    check_routing(copy.outputs(), environment, stack)


def check_routing(outputs: Mapping[str, Any], environment: str, stack: str) -> None:
    """Raise CommandError unless the routing that a stack's outputs name, if any, can be read as functions read it."""
    place = outputs.get("routing")
    if place is None:
        return
    s3 = aws_session.log_in(environment).session.client("s3")
    try:
        routing_store.read(place["bucket"], place["sha256"], client=s3)
    except routing_store.RoutingError as unreadable:
        again = f"`{_make('plan', environment, stack)}`, then `{_make('apply', environment, stack)}`, writes it again"
        raise CommandError(f"applied, but no function can start: {unreadable}; {again}") from unreadable


def find_drift(environment: str, stack: str = NOTIFICATIONS) -> None:
    """Raise CommandError if anything in ``environment`` is not as the present code and settings describe it."""
    copy, _ = prepare(environment, stack)
    if copy.plan(on_line=lambda line: print(line, end="")):
        raise CommandError(f"{environment} is not as this checkout describes it: see above")


def remove(environment: str, stack: str = NOTIFICATIONS) -> None:
    """Remove all of ``environment``, once a person has typed its name."""
    copy, _ = prepare(environment, stack, reads_limits=False)
    resources = waiting.existing(copy.show())
    if not resources:
        print(f"There is nothing to remove in {environment}.")
        return
    held = waiting.queues(resources, _sqs(environment))
    for queue in held:
        print(f"{queue.holds}.")
    lost = (
        f"the {sum(queue.depth for queue in held):,} messages above" if held else "every message that comes meanwhile"
    )
    try:
        answer = input(f"This removes {len(resources)} resources and {lost}. Type {environment} to go on: ")
    except EOFError:
        answer = ""
    if answer != environment:
        raise CommandError("nothing was removed")
    copy.destroy()


def outputs(environment: str, stack: str = NOTIFICATIONS) -> dict[str, Any]:
    """Return the outputs in Terraform's state of ``environment``, none before the first apply; it needs no zips."""
    must_exist(environment, stack)
    block, config = backend(environment, stack)
    files = terraform.state_files(stack, block)
    folder = WORK / environment / stack / "state"
    return Stack.create(stack, folder, files, _env(aws_session.log_in(environment)), backend_config=config).outputs()


def prepare(environment: str, stack: str = NOTIFICATIONS, *, reads_limits: bool = True) -> tuple[Stack, Path]:
    """Return a stack's working copy for ``environment``, initialised, and where its plan belongs.

    Without ``reads_limits`` SES is not asked, and the copy is good for removing all of the stack only.
    """
    must_exist(environment, stack)
    block, config = backend(environment, stack)
    login = aws_session.log_in(environment)
    package.build()
    limits = mail_limits.variables(environment, stack, login) if reads_limits else {}
    if not config:
        state = project.shown(environments.files(environment).state(stack))
        print(f"There is no backend.hcl: any account will do, and the state is on this machine alone, in {state}.")
    files = terraform.working_files(stack, environment, limits, backend=block)
    folder = WORK / environment / stack
    copy = Stack.create(stack, folder, files, _env(login), backend_config=config)
    return copy, folder / f"{terraform.digest(files)}.tfplan"


def must_exist(environment: str, stack: str = NOTIFICATIONS) -> None:
    """Raise UsageError unless ``environment`` is one of a real account and has variables for ``stack``."""
    known = [
        name
        for name in environments.names()
        if name not in (LOCAL, EXAMPLE) and environments.files(name).variables(stack).exists()
    ]
    if environment not in known:
        example = project.shown(environments.files(EXAMPLE).folder)
        raise UsageError(
            f"ENV={environment} is not an environment of {stack}; there is {', '.join(known) or 'none yet'}: "
            f"for a new one, copy {stack}.tfvars and routing.yaml from {example} to a folder of its name"
        )
    if old := sorted((environments.STACKS / stack / "environments").glob("*")):
        folder = project.shown(environments.files(environment).folder)
        raise CommandError(f"{project.shown(old[0])} is no longer read: move it to {folder}, see CHANGELOG.md")


def _make(verb: str, environment: str, stack: str) -> str:
    return f"make {verb} ENV={environment}" + ("" if stack == NOTIFICATIONS else f" STACK={stack}")


def backend(environment: str, stack: str) -> tuple[str, tuple[str, ...]]:
    """Return the backend's block for a stack of an environment, and what completes it if the state is remote."""
    files = environments.files(environment)
    key = environments.state_key(stack)
    if not files.backend.exists():
        # Not in the working copy: `make clean` would leave resources that no state knows.
        return f'backend "local" {{\n    path = "{files.state(stack)}"\n  }}', ()
    if (named := hcl.parse(files.backend).get("key", key)) != key:
        file = project.shown(files.backend)
        raise CommandError(
            f"{file} has key {named!r}: copy that object to {key}, where {stack} has its state, and remove it"
        )
    return 'backend "s3" {}', (str(files.backend), f"key={key}")


def _env(login: aws_session.Login) -> dict[str, str]:
    """Return the process variables for Terraform, which finds the credentials as ``login`` did."""
    return dict(os.environ) | {"AWS_REGION": login.region}


def _sqs(environment: str) -> Any:
    return aws_session.log_in(environment).session.client("sqs", config=aws_session.HASTY)
