"""What a verb acts on: the local AWS that runs, or an environment, checked first.

Credentials that happen to be at hand never decide: an environment names its account (backend.hcl), and Terraform's
state the account, region and names of what is deployed. Whatever does not fit is refused before anything is read.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.arn import Arn
from scripts import aws_session, environments, project
from scripts.aws_session import AccessError, WrongAccountError
from scripts.local import stack as local_stack
from scripts.project import CommandError, UsageError
from scripts.stacks import deploy, hcl

AWS_ERRORS = (BotoCoreError, ClientError)

NOTHING_RUNS = "nothing is running: run `make up`, or name ENV=…"

MOVE = "set AWS_PROFILE and AWS_REGION to those of the deployment"

Outputs = Mapping[str, Any]


class StateUnreadableError(AccessError):
    """Terraform's state of the environment cannot be read."""


class NotDeployedError(AccessError):
    """The environment's state is empty."""


class WrongPrefixError(AccessError):
    """What is deployed has another name prefix than the environment's variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account and region; ``caller`` is the ARN of whose credentials lead there.

    ``client`` makes clients of it, and of another region where that follows the service; ``read_outputs`` returns
    Terraform's outputs of what is deployed there.
    """

    environment: str
    client: Callable[..., Any]
    account_id: str
    region: str
    caller: str
    read_outputs: Callable[[], Outputs]

    @classmethod
    def of(cls, environment: str, client: Callable[..., Any], read_outputs: Callable[[], Outputs]) -> "Place":
        """Return the account and region that ``client`` makes clients for. Raises AWS's errors."""
        sts = client("sts")
        identity = sts.get_caller_identity()
        return cls(
            environment=environment,
            client=client,
            account_id=identity["Account"],
            region=sts.meta.region_name,
            caller=identity["Arn"],
            read_outputs=read_outputs,
        )

    def deployed(self) -> Outputs:
        """Return the outputs of what is deployed, in this account and region and under the environment's names.

        Raises AccessError when it is elsewhere, has other names, is not there, or is not known.
        """
        try:
            outputs = self.read_outputs()
        except CommandError as problem:
            what = f"Terraform's state cannot be read: {problem.message.splitlines()[-1].strip()}"
            place = environments.files(self.environment).backend.name
            fix = f"make plan ENV={self.environment} shows more; the state's place is in {place}"
            raise StateUnreadableError(what, fix) from problem
        if not outputs:
            raise NotDeployedError(f"nothing is deployed in {self.environment} yet", deploy_command(self.environment))
        functions = outputs["functions"]
        places = {
            f"{arn.account_id}, {arn.region}" for function in functions.values() if (arn := Arn.parse(function["arn"]))
        }
        here = f"{self.account_id}, {self.region}"
        if places != {here}:
            where = " and ".join(sorted(places))
            raise WrongAccountError(f"{self.environment} is deployed in {where}, your credentials are for {here}", MOVE)
        prefix = name_prefix(self.environment)
        names = {one["name"]: one["name"].removesuffix(name) for name, one in functions.items()}
        if other := [name for name, actual in names.items() if prefix not in (None, actual)]:
            file = project.shown(environments.files(self.environment).variables(environments.NOTIFICATIONS))
            what = f"{other[0]} is deployed, and name_prefix is {prefix!r} in {file}"
            raise WrongPrefixError(what, f"correct it there, or {deploy_command(self.environment)}")
        return outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place that was checked, and Terraform's outputs of what is deployed there."""

    place: Place
    outputs: Outputs

    @property
    def is_local(self) -> bool:
        """Whether this is the local AWS."""
        return self.place.environment == environments.LOCAL

    @property
    def argument(self) -> str:
        """What follows a make verb to mean this target."""
        return "" if self.is_local else f" ENV={self.place.environment}"

    def client(self, service: str) -> Any:
        """Return a client of the account and region."""
        return self.place.client(service)

    def bus(self, name: str) -> str:
        """Return the full name of a bus by its name with or without prefix. Raises UsageError for any other."""
        names = {key: str(bus["name"]) for key, bus in self.outputs["buses"].items()}
        if name in names:
            return names[name]
        if name in names.values():
            return name
        known = ", ".join(sorted(names)) or "none"
        raise UsageError(f"there is no bus {name!r} in {self.place.environment}; there is {known}")


def place(environment: str | None, config: Config | None = None) -> Place:
    """Return the account and region of an environment; without one, those of the local AWS that runs.

    Raises UsageError when nothing runs or there is no such environment, AccessError for credentials that do not fit.
    """
    if environment is None or environment == environments.LOCAL:
        deployment = local_stack.running()
        if deployment is None:
            raise UsageError(NOTHING_RUNS)
        return Place.of(environments.LOCAL, cache(deployment.aws.client), lambda: deployment.outputs)
    deploy.must_exist(environment)
    login = aws_session.log_in(environment)
    return Place(
        environment=environment,
        client=cache(
            lambda service, region=login.region: login.session.client(service, region_name=region, config=config)
        ),
        account_id=login.account_id,
        region=login.region,
        caller=login.caller,
        read_outputs=lambda: deploy.outputs(environment),
    )


def target(environment: str | None) -> Target:
    """Return what a verb acts on. Raises UsageError and AccessError, and AWS was asked who calls until then."""
    with one_line_errors():
        there = place(environment)
    return Target(place=there, outputs=there.deployed())


def deploy_command(environment: str) -> str:
    """Return the command that makes an environment as this checkout describes it."""
    if environment == environments.LOCAL:
        return "make down, then make up"
    return f"make plan ENV={environment}, then make apply ENV={environment}"


def variables(environment: str) -> Mapping[str, Any] | None:
    """Return an environment's variables by name; None where they cannot be read (Terraform reports why)."""
    try:
        return hcl.parse(environments.files(environment).variables(environments.NOTIFICATIONS))
    except (OSError, CommandError):
        return None


def name_prefix(environment: str) -> str | None:
    """Return the prefix in an environment's variables; None where they cannot be read."""
    stated = variables(environment)
    return None if stated is None else str(stated.get("name_prefix", ""))


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Raise AWS's errors, of the block, as CommandError."""
    try:
        yield
    except AWS_ERRORS as error:
        raise CommandError(f"AWS: {error}") from error
