"""``make doctor ENV=…`` reports what would keep mail from being delivered, before a deployment and after.

It only reads, and runs all checks at once: one that is denied access is reported, and the others go on.
"""

import json
from collections import Counter
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts import options
from scripts.operate.doctor import access
from scripts.operate.doctor.checks import Row
from scripts.operate.doctor.finding import Level

STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.OK: "green"}


def table(rows: Sequence[Row]) -> Table:
    """Return the report as a table, group by group."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("", "", "code", "what", "fix"):
        shown.add_column(name, overflow="fold")
    group = ""
    for row in rows:
        finding = row.finding
        shown.add_row(
            "" if row.group == group else f"[bold]{row.group}[/]",
            f"[{STYLES[finding.level]}]{finding.level}[/]",
            finding.code or "",
            escape(finding.what),
            escape(finding.fix),
        )
        group = row.group
    return shown


def document(environment: str, rows: Sequence[Row], errors: int) -> str:
    """Return the report as JSON, for programs."""
    findings = [
        {
            "group": row.group,
            "severity": row.finding.level,
            "code": row.finding.code,
            "what": row.finding.what,
            "fix": row.finding.fix,
        }
        for row in rows
    ]
    return json.dumps({"environment": environment, "errors": errors, "findings": findings}, indent=2)


@click.command
@options.required_environment
@options.as_json
@click.pass_context
def doctor(context: click.Context, environment: str, *, as_json: bool) -> None:
    """Report what would keep mail from being delivered, and how to fix it: make doctor ENV=production.

    ENV=local is what ``make up`` started. The exit status is 1 when there is an error.
    """
    rows = access.examine(environment)
    counts = Counter(row.finding.level for row in rows)
    errors, warnings = counts[Level.ERROR], counts[Level.WARNING]
    if as_json:
        click.echo(document(environment, rows, errors))
    else:
        console = Console(highlight=False)
        console.print(table(rows))
        verdict = "[bold red]Mail will not arrive[/]" if errors else "[bold green]Mail should arrive[/]"
        console.print(f"\n{verdict}: {errors} error(s), {warnings} warning(s). docs/runbook.md explains the codes.")
    context.exit(1 if errors else 0)
