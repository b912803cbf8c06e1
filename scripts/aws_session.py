"""The way to a real account, as every other AWS tool finds it, and the check that it is the environment's."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.errors import error_code
from scripts import environments, project
from scripts.project import CommandError
from scripts.stacks import hcl

LOG_IN = "set AWS_PROFILE, or log in as you do for the AWS command line"

HASTY = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
"""For a person who waits: what does not answer is reported within a minute."""


class AccessError(CommandError):
    """An account that a verb may not act on, or cannot: ``what`` is the cause, ``fix`` the remedy if there is one."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what}: {fix}" if fix else what)
        self.what = what
        self.fix = fix


class NoCredentialsError(AccessError):
    """AWS does not know who asks."""


class NoRegionError(AccessError):
    """Neither the profile nor the environment variables name a region."""


class WrongAccountError(AccessError):
    """The credentials, or the region, are not those of the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Credentials that lead to the environment's account; ``caller`` is the ARN of who they belong to."""

    session: boto3.Session
    account_id: str
    region: str
    caller: str


def new() -> boto3.Session:
    """Return a session in the region of AWS_REGION, which all AWS tools but botocore obey; without it, of the profile.

    Raises BotoCoreError for a profile that does not exist.
    """
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def log_in(environment: str) -> Login:
    """Return the credentials at hand, having made sure that their account is that of the environment's backend.

    An environment without a backend names no account. Raises AccessError.
    """
    backend = environments.files(environment).backend
    expected = account(backend) if backend.exists() else None
    try:
        session = new()
        if session.region_name is None:
            raise NoRegionError("no AWS region", "set AWS_REGION")
        if session.get_credentials() is None:
            raise NoCredentialsError("no AWS credentials", LOG_IN)
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise NoCredentialsError(f"AWS does not know who asks ({error_code(error)})", LOG_IN) from error
    actual = str(identity["Account"])
    if expected not in (None, actual):
        raise WrongAccountError(f"these are credentials of account {actual}, and the environment is in {expected}")
    return Login(session=session, account_id=actual, region=session.region_name, caller=str(identity.get("Arn", "")))


def account(backend: Path) -> str:
    """Return the id of an environment's account, from the setting of its backend that Terraform obeys as well."""
    match hcl.parse(backend).get("allowed_account_ids"):
        case [str(only)] if re.fullmatch(r"\d{12}", only):
            return only
    raise CommandError(f'{project.shown(backend)} does not name its account: allowed_account_ids = ["<its id>"]')
