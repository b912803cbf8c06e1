"""How many mails a second and a day SES takes from an account: a plan has them, unless the environment's variables do.

SES counts recipients, per account and region; AWS raises the limits on request, and by itself:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.errors import error_code
from scripts import environments, project
from scripts.aws_session import HASTY, Login
from scripts.project import CommandError
from scripts.stacks import hcl

RATE, QUOTA = "mail_rate", "mail_quota"
"""The inputs of a stack: recipients a second; recipients in 24 hours, null where that is not limited."""


def variables(environment: str, stack: str, login: Login) -> dict[str, float | None]:
    """Return those of the two inputs that ``stack`` declares and ``environment`` does not set, and show both.

    Raises CommandError when SES does not show its limits.
    """
    declared = hcl.variables(environments.STACKS / stack / "variables.tf")
    if not {RATE, QUOTA} <= declared:
        return {}
    file = environments.files(environment).variables(stack)
    stated = {name: value for name, value in hcl.parse(file).items() if (name, value) != (RATE, None)}
    missing = [name for name in (RATE, QUOTA) if name not in stated]
    region = mail_region(stated, login.region)
    read = _read(login, region, file=project.shown(file)) if missing else {}
    print(_sentence(read | stated, missing, file=file.name, region=region))
    return {name: read[name] for name in missing}


def mail_region(stated: Mapping[str, Any], deployment: str) -> str:
    """Return the region whose SES sends the mails: that of the variables' ``ses``, else that of the deployment."""
    return str((stated.get("ses") or {}).get("region") or deployment)


def shown(number: Any) -> str:
    """Return a number as people write it, and anything else as it is."""
    return f"{_plain(number):,}" if isinstance(number, int | float) else str(number)


def _read(login: Login, region: str, *, file: str) -> dict[str, Any]:
    try:
        ses = login.session.client("sesv2", region_name=region, config=HASTY)
        quota = ses.get_account()["SendQuota"]
    except (BotoCoreError, ClientError) as problem:
        why = f"SES in {region} does not show how much this account may send (ses:GetAccount: {error_code(problem)})"
        fix = f"apply the stack bootstrap, whose roles may ask, or set {RATE} and {QUOTA} in {file}"
        raise CommandError(f"{why}: {fix}") from problem
    # A negative quota is none.
    day = quota["Max24HourSend"]
    return {RATE: _plain(quota["MaxSendRate"]), QUOTA: _plain(day) if day >= 0 else None}


def _plain(number: float) -> float:
    """Return a whole number as an integer, as people write it."""
    return int(number) if number == int(number) else number


def _sentence(limits: Mapping[str, Any], read: Sequence[str], *, file: str, region: str) -> str:
    day = limits[QUOTA]
    words = {
        RATE: f"{shown(limits[RATE])} a second",
        QUOTA: "any number in 24 hours" if day is None else f"{shown(day)} in 24 hours",
    }
    sources = groupby(words, key=lambda name: "read from the account" if name in read else f"set in {file}")
    parts = [f"{' and '.join(words[name] for name in names)}, {source}" for source, names in sources]
    return f"SES in {region} sends {'; '.join(parts)}"
