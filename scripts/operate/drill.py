"""Drills: real events with a mark, for game days and for accounts in which nothing happens.

AWS lets nobody send an event as ``aws.ec2``, so a drill's source is ``drill.aws.ec2``. The rule takes both, and the
mark stays on the event all the way: in the standard message, and as ``[DRILL]`` in the subject of the mail.
"""

import click

from scripts import options
from scripts.local.aws import OUTBOX
from scripts.operate.account import Account, instance_states
from scripts.operate.target import Target, one_line_errors, target
from scripts.project import CommandError


def _instance(account: Account, name: str, *, local: bool) -> str:
    """Return the id of the one instance with a Name tag; in a local AWS there is none until somebody launches it."""
    instances = account.instances(name)
    if local:
        return next(iter(instances), None) or account.launch(name)
    if len(instances) != 1:
        found = ", ".join(instances) or "none"
        raise CommandError(f"one instance must be named {name!r} in {account.account_id}, {account.region}: {found}")
    return instances[0]


def send(there: Target, name: str, state: str) -> str:
    """Send a drill of the instance named ``name``, and return where it went. Raises CommandError."""
    account = Account.of(there.client)
    instance_id = _instance(account, name, local=there.is_local)
    event_id = account.send_state(instance_id, state)
    return f"Sent to {account.account_id}, {account.region}: {name} ({instance_id}) {state}, event {event_id}"


def _state(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Return a state that EC2 reports. Raises BadParameter for any other."""
    if value not in (known := instance_states()):
        raise click.BadParameter(f"{value!r} is not one of {', '.join(known)}")
    return value


@click.command
@click.option("--state", required=True, callback=_state, help="The instance's new state, such as stopped.")
@click.option("--name", required=True, help="The instance's Name tag.")
@options.environment
def drill(state: str, name: str, environment: str | None) -> None:
    """Send a drill event of an instance: make drill STATE=stopped NAME=web-1."""
    there = target(environment)
    with one_line_errors():
        click.echo(send(there, name, state))
    if there.is_local:
        click.echo(f"Read the mail: {there.client('sts').meta.endpoint_url}{OUTBOX}")
