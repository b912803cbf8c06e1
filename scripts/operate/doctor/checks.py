"""All checks: each is one function from a patient to findings, and has a row in ``CHECKS``.

A check only reads. It lets AWS's errors through: ``run`` reports that it could not check.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.errors import error_code
from scripts.operate.doctor import alarms, functions, mail, pace, queues, rules, topics, trails
from scripts.operate.doctor.finding import Code, Finding, warning, well
from scripts.operate.doctor.patient import OlderReleaseError, Patient

PATIENCE_SECONDS = 60
"""How long all checks together may take."""


class Check(NamedTuple):
    """A row of the report: its group, what is true when nothing is found, and how to find out."""

    group: str
    well: str
    find: Callable[[Patient], Iterator[Finding]]
    needs_deployment: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A finding, and the part of the report it belongs to."""

    group: str
    finding: Finding


CHECKS = (
    Check("Mail", "SES sends for this account, to anybody and within its quota", mail.account, needs_deployment=False),
    Check("Mail", "SES knows the sender", mail.sender, needs_deployment=False),
    Check("Mail", "SES would send to every recipient", mail.recipients),
    Check("Mail", "the deployment sends as fast as SES takes mails", pace.limits),
    Check("Mail", "SES takes mails now", pace.closed),
    Check("Mail", "no notification waits to be mailed", pace.backlog),
    Check("Mail", "no notification was put off", pace.ages),
    Check("Functions", "the account has unused concurrency", functions.concurrency, needs_deployment=False),
    Check("Functions", "every function is there and may run", functions.states),
    Check("Functions", "every function is fed from its queue", functions.mappings),
    Check("Functions", "nothing denies the functions what their roles allow", functions.roles),
    Check("Queues", "every dead-letter queue is empty", queues.dead_letters),
    Check("Queues", "no message waits too long", queues.ages),
    Check("Queues", "the sender reads every messaging queue", queues.unread),
    Check("Alarms", "alarms notify somebody", alarms.topics),
    Check("Topics", "every queue gets what it should from its topic", topics.subscriptions),
    Check("Topics", "the topics' key can be used", topics.keys),
    Check("Rules", "a trail logs the management events that the services need", trails.logging),
    Check("Rules", "all types of the services' events come up in this region", trails.elsewhere),
    Check("Rules", "every rule is enabled and leads to the topic", rules.targets),
    Check("Rules", "the heartbeat, if there is one, comes out", rules.heartbeat),
)


def run(checks: Sequence[Check], patient: Patient, caller: str) -> Sequence[Row]:
    """Run checks, all at once, and return what they found in the order of ``checks``."""
    found: dict[Check, Sequence[Finding]] = {}

    def look(check: Check) -> None:
        try:
            found[check] = list(check.find(patient)) or [well(check.well)]
        except Exception as problem:  # noqa: BLE001 - it is reported, and the other checks go on
            found[check] = [could_not(check, problem, caller)]

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
        for finding in found.get(check) or [could_not(check, late, caller)]
    ]


def could_not(check: Check, problem: Exception, caller: str) -> Finding:
    """Return the finding that a check failed, and what would let it succeed."""
    code, operation = error_code(problem), _operation(problem)
    why = f"{operation}: {code}" if operation else code
    if "AccessDenied" in code or code in ("AuthorizationError", "UnauthorizedOperation"):
        fix = f"allow {operation} to {caller}"
    elif isinstance(problem, OlderReleaseError):
        why, fix = str(problem), problem.fix
    elif isinstance(problem, BotoCoreError | ClientError | TimeoutError):
        fix = "try again; if it stays: AWS Health Dashboard"
    else:
        fix = "this is a fault of the check itself: report it"
    return warning(Code.CANNOT_CHECK, f"cannot check whether {check.well} ({why})", fix)


def _operation(problem: Exception) -> str:
    """Return the IAM action that was denied where AWS names it, else the name of the call, else nothing."""
    _, _, action = str(problem).partition("not authorized to perform: ")
    return action.split(" ")[0] or getattr(problem, "operation_name", "")
