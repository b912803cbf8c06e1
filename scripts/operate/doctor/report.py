"""``make doctor ENV=…`` reports what would keep mail from being delivered, before a deployment and after.

It only reads, and runs all checks at once: one that is denied access is reported, and the others go on.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

import click
from rich.console import Console
from rich.text import Text

from scripts import environments, options
from scripts.operate.doctor import access
from scripts.operate.doctor.checks import Row
from scripts.operate.doctor.finding import Code, Level

STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.OK: "green"}

UNKNOWN = {Code.NO_CREDENTIALS, Code.NO_REGION, Code.WRONG_ACCOUNT, Code.WRONG_PREFIX, Code.STATE_UNREADABLE}
"""What keeps the doctor itself from looking at the deployment."""

LATE = {Code.MAIL_CLOSED, Code.MAIL_BACKLOG, Code.MAIL_LATE}
"""What lets mail wait for hours, though it is sent in the end."""

INDENT = " " * 10


def verdict(rows: Sequence[Row]) -> tuple[Level, str]:
    """Return whether mail arrives, as far as that is known, in a sentence without its full stop."""
    levels = Counter(row.finding.level for row in rows)
    codes = {row.finding.code for row in rows}
    waiting = sum(row.finding.messages for row in rows)
    if UNKNOWN & codes:
        return Level.ERROR, "Nobody knows whether mail arrives: the deployment could not be examined"
    if Code.NOT_DEPLOYED in codes:
        (fix,) = (row.finding.fix for row in rows if row.finding.code is Code.NOT_DEPLOYED)
        first = "; fix the errors first" if levels[Level.ERROR] else ""
        return Level.WARNING, f"Nothing is deployed yet; run {fix}{first}"
    if levels[Level.ERROR]:
        return Level.ERROR, "Some or all mail does not arrive"
    if Code.CANNOT_CHECK in codes:
        arrives = "Mail arrives as far as could be checked"
    elif codes & LATE:
        arrives = "Mail arrives late"
    elif Code.SES_SANDBOX in codes:
        arrives = "Mail arrives at verified recipients"
    else:
        arrives = "Mail arrives"
    if waiting:
        messages = "1 message waits" if waiting == 1 else f"{waiting:,} messages wait"
        return Level.WARNING, f"{arrives}; {messages} for a person"
    return Level.OK, arrives


def lines(rows: Sequence[Row]) -> Iterator[Text]:
    """Yield the report group by group; a fix has a line for itself, to be copied whole."""
    for group, members in groupby(rows, key=lambda row: row.group):
        yield Text(group, style="bold")
        for finding in (row.finding for row in members):
            code = f"{finding.code}: " if finding.code else ""
            yield Text.assemble("  ", (f"{finding.level:8}", STYLES[finding.level]), f"{code}{finding.what}")
            if finding.fix:
                yield Text(f"{INDENT}fix: {finding.fix}")


def document(environment: str, rows: Sequence[Row]) -> str:
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
    errors = sum(row.finding.level is Level.ERROR for row in rows)
    content = {"environment": environment, "errors": errors, "verdict": verdict(rows)[1], "findings": findings}
    return json.dumps(content, indent=2)


@click.command
@options.environment
@options.as_json
@click.pass_context
def doctor(context: click.Context, environment: str | None, *, as_json: bool) -> None:
    """Report what would keep mail from being delivered, and how to fix it: make doctor ENV=production.

    The exit status is 1 when there is an error. A warning is none: that nothing is deployed yet, that messages wait.
    """
    rows = access.examine(environment)
    counts = Counter(row.finding.level for row in rows)
    errors, warnings = counts[Level.ERROR], counts[Level.WARNING]
    if as_json:
        click.echo(document(environment or environments.LOCAL, rows))
    else:
        # A terminal wraps lines as it likes, and copies them whole.
        console = Console(highlight=False, soft_wrap=True)
        for line in lines(rows):
            console.print(line)
        level, sentence = verdict(rows)
        console.print()
        console.print(Text.assemble((sentence, STYLES[level]), f". {errors} error(s), {warnings} warning(s)."))
        console.print("docs/runbook.md explains the codes.")
    context.exit(1 if errors else 0)
