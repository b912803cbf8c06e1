"""Drills: real events with a mark, for game days and for accounts in which nothing happens.

AWS lets nobody send an event as ``aws.ec2``, so a drill's source is ``drill.aws.ec2``. The rule takes both, and the
mark stays on the event all the way: in the standard message, and as ``[DRILL]`` in the subject of the mail.
"""

import click

from scripts import aws_session, options
from scripts.local import stack as local_stack
from scripts.local.aws import OUTBOX
from scripts.operate.account import Account, instance_states
from scripts.operate.clients import NOTHING_RUNS, one_line_errors
from scripts.project import CommandError


def _send_for_real(name: str, state: str) -> str:
    with one_line_errors():
        session = aws_session.new()
        if not session.region_name:
            raise CommandError("no region: set AWS_REGION to the one where infra-events is deployed")
        account = Account.of(session.client)
        instances = account.instances(name)
        if len(instances) != 1:
            found = ", ".join(instances) or "none"
            raise CommandError(
                f"one instance must be named {name!r} in {account.account_id}, {account.region}: {found}"
            )
        event_id = account.send_state(instances[0], state)
    return f"Sent to {account.account_id}, {account.region}: {name} ({instances[0]}) {state}, event {event_id}"


def _send_locally(name: str, state: str) -> str:
    deployment = local_stack.running()
    if not deployment:
        raise CommandError(NOTHING_RUNS)
    account = Account.of(deployment.aws.client)
    # In a local AWS there is no instance until somebody launches it.
    instance_id = next(iter(account.instances(name)), None) or account.launch(name)
    event_id = account.send_state(instance_id, state)
    mails = f"{deployment.aws.endpoint}{OUTBOX}"
    return f"Sent: {name} ({instance_id}) {state}, event {event_id}\nRead the mail: {mails}"


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
    send = _send_for_real if environment else _send_locally
    click.echo(send(name, state))
