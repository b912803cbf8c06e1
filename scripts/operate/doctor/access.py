"""What must hold before a check makes sense: credentials, a region, a readable state, the deployment's account."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from infra_events.domain.errors import error_code
from scripts import aws_session
from scripts.operate import target
from scripts.operate.doctor import checks
from scripts.operate.doctor.checks import Row
from scripts.operate.doctor.finding import Code, Finding, error, warning, well
from scripts.operate.doctor.patient import Patient
from scripts.operate.target import AWS_ERRORS, Outputs, Place

GROUP = "Access"
"""The group of this module's findings in the report."""

_CODES: Mapping[type[aws_session.AccessError], Code] = {
    aws_session.NoCredentialsError: Code.NO_CREDENTIALS,
    aws_session.NoRegionError: Code.NO_REGION,
    aws_session.WrongAccountError: Code.WRONG_ACCOUNT,
    target.StateUnreadableError: Code.STATE_UNREADABLE,
    target.NotDeployedError: Code.NOT_DEPLOYED,
    target.WrongPrefixError: Code.WRONG_PREFIX,
}
_EXAMINED_ALL_THE_SAME = (Code.NOT_DEPLOYED, Code.STATE_UNREADABLE)
"""What leaves the account itself to be examined."""


@dataclass(slots=True)
class Clients:
    """One client for each service and region, whichever thread asks first: to make several at once is not safe."""

    make: Callable[..., Any]
    _made: dict[tuple[str, ...], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, *place: str) -> Any:
        """Return the client for a service, and for a region if it is another one than the deployment's."""
        with self._lock:
            if place not in self._made:
                self._made[place] = self.make(*place)
            return self._made[place]


def examine(environment: str | None) -> Sequence[Row]:
    """Examine an environment, or the local AWS: first whether that is possible, then everything that can be checked.

    Raises UsageError when there is no such environment, or nothing runs locally.
    """
    try:
        place = target.place(environment, aws_session.HASTY)
    except aws_session.AccessError as problem:
        return [Row(group=GROUP, finding=_finding(problem))]
    return examine_place(place)


def examine_account(
    environment: str, make_client: Callable[..., Any], read_outputs: Callable[[], Outputs]
) -> Sequence[Row]:
    """Examine the account of ``make_client``'s clients, and what Terraform's outputs list as deployed there."""
    try:
        place = Place.of(environment, make_client, read_outputs)
    except AWS_ERRORS as problem:
        what = f"AWS does not know who asks ({error_code(problem)})"
        return [Row(group=GROUP, finding=error(Code.NO_CREDENTIALS, what, aws_session.LOG_IN))]
    return examine_place(place)


def examine_place(place: Place) -> Sequence[Row]:
    """Examine an account and region, and what is deployed there."""
    patient = Patient(
        environment=place.environment,
        client=Clients(place.client),
        account_id=place.account_id,
        region=place.region,
        variables=target.variables(place.environment) or {},
    )
    try:
        outputs = place.deployed()
    except aws_session.AccessError as problem:
        outputs, access = {}, _finding(problem)
        if access.code not in _EXAMINED_ALL_THE_SAME:
            return [Row(group=GROUP, finding=access)]
    else:
        access = well(f"{place.environment} is deployed in {place.account_id}, {place.region}")
    possible = [check for check in checks.CHECKS if outputs or not check.needs_deployment]
    found = checks.run(possible, replace(patient, outputs=outputs), place.caller)
    return [Row(group=GROUP, finding=access), *found]


def _finding(problem: aws_session.AccessError) -> Finding:
    code = _CODES[type(problem)]
    kind = warning if code is Code.NOT_DEPLOYED else error
    return kind(code, problem.what, problem.fix or target.MOVE)
