"""Whether mails go out as fast as SES takes them, how long those take that wait, and why others are put off."""

import math
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from infra_events.aws import pace_table
from scripts.operate.doctor.finding import Code, Finding, warning, well
from scripts.operate.doctor.mail import EMAIL
from scripts.operate.doctor.patient import OlderReleaseError, Patient
from scripts.operate.doctor.queues import depth
from scripts.stacks import mail_limits

FAR_BELOW = 0.7
"""The share of a limit below which mails are slower than need be: by default they use nine tenths of it."""

PATIENCE = timedelta(hours=1)
"""How long a notification may wait before a person should know; the stack's alarm has the same threshold."""

SPAN = timedelta(minutes=30)
"""How far back the age of what was put off is read: it comes back within 15 minutes, and is measured again then."""


class Limit(NamedTuple):
    """One of SES's limits: the input that it is deployed by, and what is deployed and granted, infinite for none."""

    name: str
    deployed: float
    granted: float
    unit: str


def limits(patient: Patient) -> Iterator[Finding]:
    """Whether what is deployed fits what SES grants: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html."""
    deployed = _mail(patient)
    if patient.is_local:
        yield well(f"the local AWS grants no rate: mails go out at {_number(deployed['rate'])} a second")
        return
    quota = patient.ses().get_account()["SendQuota"]
    day, sent = quota["Max24HourSend"], quota["SentLast24Hours"]
    known = (
        Limit(mail_limits.RATE, deployed["rate"], quota["MaxSendRate"], "a second"),
        Limit(
            mail_limits.QUOTA,
            math.inf if deployed["quota"] is None else deployed["quota"],
            math.inf if day < 0 else day,  # a negative quota is none
            "in 24 hours",
        ),
    )
    goes = " and ".join(f"{_number(limit.deployed)} {limit.unit}" for limit in known)
    takes = " and ".join(f"{_number(limit.granted)} {limit.unit}" for limit in known)
    yield well(f"mails go out at up to {goes}; SES takes {takes}, and took {sent:,.0f} in the last 24")
    for limit in known:
        yield from _misfit(patient, limit)


def _misfit(patient: Patient, limit: Limit) -> Iterator[Finding]:
    stated = limit.name in patient.variables
    fits = f"{_number(limit.deployed)} mails {limit.unit} are deployed, and SES takes {_number(limit.granted)}"
    if limit.deployed > limit.granted and not (stated and math.isinf(limit.deployed)):
        lower = f"lower {limit.name} in {patient.variables_file}; then {patient.deploy}" if stated else patient.deploy
        yield warning(Code.MAIL_LIMIT_EXCEEDED, f"{fits}: it refuses mails, which come later", lower)
    elif limit.deployed < FAR_BELOW * limit.granted and not stated:
        yield warning(Code.MAIL_LIMIT_UNUSED, f"{fits}: mails come later than they have to", patient.deploy)


def backlog(patient: Patient) -> Iterator[Finding]:
    """How many notifications wait for the function that mails them, and how long it takes to mail them."""
    rate = _mail(patient)["rate"]
    depths = {queue.name: depth(patient, queue) for queue in patient.queues() if queue.channel == EMAIL}
    waiting = {name: found for name, found in depths.items() if found and found.total}
    if not waiting:
        return
    total, delayed = sum(found.total for found in waiting.values()), sum(found.delayed for found in waiting.values())
    takes = timedelta(seconds=math.ceil(total / rate))
    names = " and ".join(waiting)
    wait = f"{total:,} notification(s) wait in {names}, {delayed:,} of them put off"
    what = f"{wait}: {takes} at {_number(rate)} recipients a second"
    if takes > PATIENCE:
        fix = f"Service Quotas console, Amazon SES, Sending rate: Request increase; then {patient.deploy}"
        yield warning(Code.MAIL_BACKLOG, what, fix)
    else:
        yield well(what)


def ages(patient: Patient) -> Iterator[Finding]:
    """Since when notifications wait that were put off."""
    for name in sorted({queue.worker for queue in patient.queues() if queue.channel and queue.worker}):
        function = patient.functions[name]
        dimensions = {"FunctionName": function["name"]}
        age = timedelta(
            seconds=max(patient.maxima("infra-events", "AgeSinceFirstEnqueued", dimensions, SPAN), default=0)
        )
        what = f"the oldest notification that {function['name']} put off waits for {age}"
        if age > PATIENCE:
            fix = f"aws logs tail {function['log_group']} --since 1h --filter-pattern later shows the reasons"
            yield warning(Code.MAIL_LATE, what, fix)
        elif age:
            yield well(what)


def closed(patient: Patient) -> Iterator[Finding]:
    """Whether nobody tries to send what is not urgent, since SES takes nothing or the day's share is used up."""
    answer = patient.client("dynamodb").get_item(
        TableName=patient.outputs["sent_table"]["name"], Key={"id": {"S": f"pace|{EMAIL}"}}
    )
    row, now = pace_table.row_of(answer.get("Item", {})), time.time()
    day = patient.outputs.get("mail", {}).get("quota")
    if now < row.closed_until:
        fix = "Service Quotas console, Amazon SES, Sending quota: Request increase; paused: SES console, Reputation"
        what = f"{row.closed_reason}: normal mail waits until {_shown(row.closed_until)}, and is tried again then"
        yield warning(Code.MAIL_CLOSED, what, fix)
    elif day is not None and row.day_count >= day and now < row.day_ends:
        what = f"{row.day_count:,} mails went out in a day: normal mail waits until {_shown(row.day_ends)}"
        fix = f"Service Quotas console, Amazon SES, Sending quota: Request increase; then {patient.deploy}"
        yield warning(Code.MAIL_CLOSED, f"{what}, the rest of SES's quota is kept for FATAL", fix)


def _mail(patient: Patient) -> Mapping[str, Any]:
    """Return what is deployed of mail: ``rate`` a second, and ``quota`` a day or None. Raises OlderReleaseError."""
    try:
        return dict(patient.outputs["mail"])
    except KeyError as missing:
        raise OlderReleaseError(patient.deploy) from missing


def _number(limit: float) -> str:
    return "any number" if math.isinf(limit) else mail_limits.shown(limit)


def _shown(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")
