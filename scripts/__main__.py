"""The command line: ``make VERB`` is ``python -m scripts VERB`` is ``.venv/bin/infra-events VERB``.

A verb is a click command in the module that does the job. A module is imported when its verb is used.
"""

import importlib
from typing import Any, cast

import click

from scripts import project

VERBS = {
    "Run it": {
        "demo": "scripts.demo.run:demo",
        "up": "scripts.local.stack:up",
        "down": "scripts.local.stack:down",
        "drill": "scripts.operate.drill:drill",
        "publish": "scripts.operate.publish:publish",
        "replay": "scripts.operate.replay:replay",
        "redrive": "scripts.operate.redrive:redrive",
    },
    "Look": {
        "explain": "scripts.analyse.explain:explain",
        "backtest": "scripts.analyse.backtest:backtest",
        "catalogue": "scripts.compile.catalogue:catalogue",
        "routing-check": "scripts.compile.routing.check:routing_check",
        "doctor": "scripts.operate.doctor.report:doctor",
    },
    "Deploy": {
        "package": "scripts.build.package:package",
        "plan": "scripts.stacks.deploy:plan",
        "apply": "scripts.stacks.deploy:apply",
        "drift": "scripts.stacks.deploy:drift",
        "destroy": "scripts.stacks.deploy:destroy",
    },
    "Develop": {
        "lint-terraform": "scripts.lint.terraform:lint_terraform",
        "lint-language": "scripts.lint.language:lint_language",
        "lint-docs": "scripts.lint.terraform_docs:lint_docs",
    },
}


class Verbs(click.Group):
    """The verbs by group, each loaded on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs' names."""
        del ctx
        return [verb for group in VERBS.values() for verb in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command; None for a name that is no verb."""
        del ctx
        place = {verb: where for group in VERBS.values() for verb, where in group.items()}.get(cmd_name)
        return load(place) if place else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb. Raises Abort when it is interrupted; click would first write an empty line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise click.Abort from interrupt

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group with the first sentence of every verb's help."""
        for group, places in VERBS.items():
            commands = {verb: self.get_command(ctx, verb) for verb in places}
            with formatter.section(group):
                formatter.write_dl([(verb, it.get_short_help_str(100)) for verb, it in commands.items() if it])


def load(place: str) -> click.Command:
    """Return the click command at ``place``, given as module:attribute."""
    module, attribute = place.split(":")
    return cast("click.Command", getattr(importlib.import_module(module), attribute))


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def infra_events() -> None:
    """Run infra-events: build it, deploy it, look into it. VERB --help explains one verb.

    Exit status: 0 all is well, 1 a finding or a failure, 2 wrong usage, 130 interrupted.
    """


def main() -> int | None:
    """Run the verb that the command line names and return its exit status."""
    return cast("int | None", infra_events.main(prog_name="infra-events", standalone_mode=False))


if __name__ == "__main__":
    project.run(main)
