"""The options that several verbs share: one name, one meaning and one help text for each."""

from pathlib import Path

import click

from scripts import environments

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _stack(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Return the name of a stack; raises BadParameter, which names the stacks that exist, for anything else."""
    if value not in (known := environments.stacks()):
        raise click.BadParameter(f"{value!r} is not a stack; there is {', '.join(known)}")
    return value


environment = click.option(
    "--env",
    "environment",
    metavar="ENV",
    help="A folder of terraform/environments, whose account, region and names are checked first. Without it: the local "
    "AWS that `make up` started; where none runs, the exit status is 2.",
)
required_environment = click.option(
    "--env", "environment", metavar="ENV", required=True, help="A folder of terraform/environments."
)
stack = click.option(
    "--stack",
    metavar="STACK",
    default=environments.NOTIFICATIONS,
    show_default=True,
    callback=_stack,
    help="A folder of terraform/stacks.",
)
apply = click.option("--apply", is_flag=True, help="Do it. Without this it is only shown.")
bus = click.option(
    "--bus",
    metavar="NAME",
    default="OrgInfrastructure",
    show_default=True,
    help="The event bus's name, with or without the deployment's prefix.",
)
file = click.option("--file", metavar="FILE", type=_FILE, help="The file to read.")
routing = click.option("--routing", metavar="FILE", type=_FILE, help="A routing file (YAML).")
tags_file = click.option(
    "--tags-file", "tags_file", metavar="FILE", type=_FILE, help="Tags by ARN: JSON or YAML, {arn: {key: value}}."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
