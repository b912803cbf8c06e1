"""Says what would keep mail from arriving, before a deployment and after: `make doctor ENV=…`.

It only reads, and runs all checks at once, each on its own: one that may not look says so, and the others go on.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra_events.domain.arn import Arn
from infra_events.domain.errors import error_code
from scripts import aws_session, environments, project
from scripts.local import stack as local_stack
from scripts.operate.doctor import checks as doctor_checks
from scripts.operate.doctor.checks import Check, Code, Finding, Patient, Severity
from scripts.project import CommandError
from scripts.stacks import deploy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PATIENCE_SECONDS = 60
"""How long all checks together may take."""

ACCESS = "Access"
"""The group of what must be right before any other check makes sense."""

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.OK: "green"}

_SENDER = re.compile(r'^\s*sender_address\s*=\s*"([^"]+)"', re.MULTILINE)
_HASTY = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A finding, and the part of the report it belongs to."""

    group: str
    finding: Finding


@dataclass(slots=True)
class Clients:
    """One client for each service, whichever thread asks first: making them is not safe in several at once."""

    make: Callable[[str], Any]
    _made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, service: str) -> Any:
        """Return the client for `service`."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self.make(service)
            return self._made[service]


def report(environment: str) -> Sequence[Row]:
    """Examine an environment: whether one can at all, then all that can be told of what is there."""
    if environment == environments.LOCAL:
        deployment = local_stack.running()
        if deployment is None:
            raise CommandError("nothing is running: say `make up` first, or ENV=… for a real account")
        return examine(environment, deployment.aws.client, lambda: deployment.outputs)
    deploy.must_exist(environment)
    try:
        session = aws_session.new()
    except BotoCoreError as problem:  # a profile that is not there
        return [Row(group=ACCESS, finding=_no_credentials(problem))]
    if session.region_name is None:
        what = "no region: nobody says where to look"
        return [Row(group=ACCESS, finding=doctor_checks.error(Code.NO_REGION, what, "export AWS_REGION=…"))]
    return examine(
        environment,
        lambda service: session.client(service, config=_HASTY),
        lambda: deploy.outputs(environment),
    )


def examine(
    environment: str, make_client: Callable[[str], Any], read_outputs: Callable[[], Mapping[str, Any]]
) -> Sequence[Row]:
    """Examine an account and what Terraform's outputs say is deployed there."""
    client = Clients(make_client)
    try:
        sts = client("sts")
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as problem:
        return [Row(group=ACCESS, finding=_no_credentials(problem))]
    patient = Patient(
        environment=environment,
        client=client,
        account_id=identity["Account"],
        region=sts.meta.region_name,
        sender=sender_address(environment),
    )
    outputs, access = _deployed(patient, read_outputs)
    if access.code is Code.WRONG_ACCOUNT:
        return [Row(group=ACCESS, finding=access)]
    checks = [check for check in doctor_checks.CHECKS if outputs or not check.needs_deployment]
    found = run(checks, replace(patient, outputs=outputs), identity["Arn"])
    return [Row(group=ACCESS, finding=access), *found]


def sender_address(environment: str) -> str:
    """Return the address that an environment's mails come from, empty when its variables do not say it in a line."""
    found = _SENDER.search(environments.files(environment).variables(environments.NOTIFICATIONS).read_text())
    return found[1] if found else ""


def _no_credentials(problem: Exception) -> Finding:
    fix = "set AWS_PROFILE, or log in as you do for the AWS command line"
    return doctor_checks.error(Code.NO_CREDENTIALS, f"AWS does not know who asks ({error_code(problem)})", fix)


def _deployed(patient: Patient, read_outputs: Callable[[], Mapping[str, Any]]) -> tuple[Mapping[str, Any], Finding]:
    """Return Terraform's outputs, empty when there is nothing to examine, and the finding that says why or where."""
    here = f"{patient.account_id}, {patient.region}"
    try:
        outputs = read_outputs()
    except CommandError as problem:
        what = f"Terraform's state cannot be read: {str(problem).splitlines()[-1].strip()}"
        fix = f"make plan ENV={patient.environment} tells more; the state's place is in its backend.hcl"
        return {}, doctor_checks.error(Code.STATE_UNREADABLE, what, fix)
    if not outputs:
        what = f"nothing is deployed yet; {here} was examined for what a deployment needs"
        return {}, doctor_checks.warning(Code.NOT_DEPLOYED, what, patient.deploy)
    places = {
        f"{arn.account_id}, {arn.region}"
        for function in outputs["functions"].values()
        if (arn := Arn.parse(function["arn"]))
    }
    if places != {here}:
        what = f"{patient.environment} is deployed in {' and '.join(sorted(places))}, your credentials are for {here}"
        fix = "set AWS_PROFILE and AWS_REGION to those of the deployment"
        return outputs, doctor_checks.error(Code.WRONG_ACCOUNT, what, fix)
    return outputs, Finding(severity=Severity.OK, code=None, what=f"{patient.environment} is deployed in {here}")


def run(checks: Sequence[Check], patient: Patient, caller: str) -> Sequence[Row]:
    """Run checks, all at once, and return what they found in their own order."""
    found: dict[Check, Sequence[Finding]] = {}

    def look(check: Check) -> None:
        try:
            found[check] = list(check.find(patient)) or [Finding(severity=Severity.OK, code=None, what=check.well)]
        except Exception as problem:  # noqa: BLE001 - whatever it is, the other checks go on, and it is told
            found[check] = [doctor_checks.could_not(check, problem, caller)]

    # Daemons, so that one which hangs holds up neither the report nor the end of the program.
    threads = [threading.Thread(target=look, args=(check,), daemon=True) for check in checks]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    late = TimeoutError()
    return [
        Row(group=check.group, finding=finding)
        for check in checks
        for finding in found.get(check) or [doctor_checks.could_not(check, late, caller)]
    ]


def table(rows: Sequence[Row]) -> Table:
    """Show the report, group by group."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("", "", "code", "what", "fix"):
        shown.add_column(name, overflow="fold")
    group = ""
    for row in rows:
        finding = row.finding
        shown.add_row(
            "" if row.group == group else f"[bold]{row.group}[/]",
            f"[{STYLES[finding.severity]}]{finding.severity}[/]",
            finding.code or "",
            escape(finding.what),
            escape(finding.fix),
        )
        group = row.group
    return shown


def main() -> None:
    """Say what would keep mail from arriving, and how to mend it; the exit status is 1 when something would."""
    parser = argparse.ArgumentParser(prog="make doctor", description=main.__doc__)
    parser.add_argument("environment", help=f"what to examine; {environments.LOCAL}: what `make up` started")
    parser.add_argument("--json", action="store_true", help="write one JSON document instead of a table")
    arguments = parser.parse_args()
    rows = report(arguments.environment)
    counts = Counter(row.finding.severity for row in rows)
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    if arguments.json:
        findings = [{"group": row.group, **asdict(row.finding)} for row in rows]
        print(json.dumps({"environment": arguments.environment, "errors": errors, "findings": findings}, indent=2))
    else:
        console = Console(highlight=False)
        console.print(table(rows))
        verdict = "[bold red]Mail will not arrive[/]" if errors else "[bold green]Mail should arrive[/]"
        console.print(f"\n{verdict}: {errors} error(s), {warnings} warning(s). docs/runbook.md explains the codes.")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    project.run(main)
