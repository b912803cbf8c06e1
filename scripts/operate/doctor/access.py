"""What must hold before a check makes sense: credentials, a region, a readable state, the deployment's account."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import hcl2
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from lark.exceptions import LarkError

from infra_events.domain.arn import Arn
from infra_events.domain.errors import error_code
from scripts import aws_session, environments
from scripts.local import stack as local_stack
from scripts.operate.clients import NOTHING_RUNS
from scripts.operate.doctor import checks
from scripts.operate.doctor.checks import Row
from scripts.operate.doctor.finding import Code, Finding, error, warning, well
from scripts.operate.doctor.patient import Patient
from scripts.project import CommandError
from scripts.stacks import deploy

GROUP = "Access"
"""The group of this module's findings in the report."""

_HASTY = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(slots=True)
class Clients:
    """One client for each service, whichever thread asks first: making them is not safe in several at once."""

    make: Callable[[str], Any]
    _made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, service: str) -> Any:
        """Return the client for ``service``."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self.make(service)
            return self._made[service]


def examine(environment: str) -> Sequence[Row]:
    """Examine an environment: first whether that is possible, then everything that can be checked there.

    Raises CommandError when there is no such environment, or nothing runs locally.
    """
    if environment == environments.LOCAL:
        deployment = local_stack.running()
        if deployment is None:
            raise CommandError(NOTHING_RUNS)
        return examine_account(environment, deployment.aws.client, lambda: deployment.outputs)
    deploy.must_exist(environment)
    try:
        session = aws_session.new()
    except BotoCoreError as problem:  # a profile that is not there
        return [Row(group=GROUP, finding=_no_credentials(problem))]
    if session.region_name is None:
        what = "no region: neither the profile nor the environment names one"
        return [Row(group=GROUP, finding=error(Code.NO_REGION, what, "export AWS_REGION=…"))]
    return examine_account(
        environment,
        lambda service: session.client(service, config=_HASTY),
        lambda: deploy.outputs(environment),
    )


def examine_account(
    environment: str, make_client: Callable[[str], Any], read_outputs: Callable[[], Mapping[str, Any]]
) -> Sequence[Row]:
    """Examine an account and what Terraform's outputs list as deployed there."""
    client = Clients(make_client)
    try:
        sts = client("sts")
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as problem:
        return [Row(group=GROUP, finding=_no_credentials(problem))]
    patient = Patient(
        environment=environment,
        client=client,
        account_id=identity["Account"],
        region=sts.meta.region_name,
        sender=sender_address(environment),
    )
    outputs, access = _deployed(patient, read_outputs)
    if access.code is Code.WRONG_ACCOUNT:
        return [Row(group=GROUP, finding=access)]
    possible = [check for check in checks.CHECKS if outputs or not check.needs_deployment]
    found = checks.run(possible, replace(patient, outputs=outputs), identity["Arn"])
    return [Row(group=GROUP, finding=access), *found]


def sender_address(environment: str) -> str:
    """Return the address that an environment's mails come from, empty where its variables do not state it."""
    file = environments.files(environment).variables(environments.NOTIFICATIONS)
    options = hcl2.SerializationOptions(with_comments=False, strip_string_quotes=True)
    try:
        variables = hcl2.loads(file.read_text(encoding="utf-8"), serialization_options=options)
    except LarkError:  # no HCL: Terraform reports where it is wrong
        return ""
    return str(variables.get("sender_address", ""))


def _no_credentials(problem: Exception) -> Finding:
    fix = "set AWS_PROFILE, or log in as you do for the AWS command line"
    return error(Code.NO_CREDENTIALS, f"AWS does not know who asks ({error_code(problem)})", fix)


def _deployed(patient: Patient, read_outputs: Callable[[], Mapping[str, Any]]) -> tuple[Mapping[str, Any], Finding]:
    """Return Terraform's outputs, empty when there is nothing to examine, and the finding that explains it."""
    here = f"{patient.account_id}, {patient.region}"
    try:
        outputs = read_outputs()
    except CommandError as problem:
        what = f"Terraform's state cannot be read: {str(problem).splitlines()[-1].strip()}"
        place = environments.files(patient.environment).backend.name
        fix = f"make plan ENV={patient.environment} shows more; the state's place is in {place}"
        return {}, error(Code.STATE_UNREADABLE, what, fix)
    if not outputs:
        what = f"nothing is deployed yet; {here} was examined for what a deployment needs"
        return {}, warning(Code.NOT_DEPLOYED, what, patient.deploy)
    places = {
        f"{arn.account_id}, {arn.region}"
        for function in outputs["functions"].values()
        if (arn := Arn.parse(function["arn"]))
    }
    if places != {here}:
        what = f"{patient.environment} is deployed in {' and '.join(sorted(places))}, your credentials are for {here}"
        fix = "set AWS_PROFILE and AWS_REGION to those of the deployment"
        return outputs, error(Code.WRONG_ACCOUNT, what, fix)
    return outputs, well(f"{patient.environment} is deployed in {here}")
