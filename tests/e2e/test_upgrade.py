"""From the last release to this checkout, on stacks deployed from that release.

The plan deletes and replaces nothing: a re-created subscription or rule drops the events that pass meanwhile. Outputs
that others read keep their values, and after the apply the pipeline delivers.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.local import stack as local_stack
from scripts.local.aws import ACCOUNT, REGION, LocalAws
from scripts.local.stack import Deployment
from scripts.stacks import release as terraform_release
from scripts.stacks.working_copy import Stack
from tests.support.pipeline import Pipeline, eventually, unique
from tests.support.release import Inputs, Release, outputs, stack_folder

RELEASES = [Release(commit="cc2e7d10c196a0da157b6c3f1b3b9d4cca15d364", module="scripts.local_stack")]
"""From which this checkout upgrades. A new release takes the place of the one before it."""

ALLOWED: Mapping[str, str] = {}
"""Addresses that the plan may delete, replace or forget, each with the reason; the index of `for_each` is not named."""

MAY_CHANGE = {
    "routing.sha256": "the digest of the compiled routing, which a release may write in another form",
}
"""Outputs whose values may differ after the upgrade, each with the reason."""

DRIFTS = {"aws_cloudwatch_event_permission", "aws_cloudwatch_metric_alarm"}
"""Types of which the local AWS loses fields or all, so that every plan would restore them."""

PLAN = "upgrade.tfplan"

ROUTING = Path(__file__).parent / "routing"
PARTNER = "444455556666"

LOCAL = {
    "functions": {
        "aws_service_event_handler": {"timeout_seconds": 5},
        "org_resource_event_notification_sender": {"timeout_seconds": 5},
        "email_notification_sender": {"timeout_seconds": 5},
    },
    "batch": {"size": 10, "window_seconds": 0},
    "create_sender_identity": True,
}
"""What suits the local AWS, named here so that old and new get the same inputs whatever environments/local has."""

DEPLOYMENTS = {
    "plain": Inputs(
        variables=LOCAL | {"services": ["ec2"], "buses": {}, "sender_address": "plain@example.org"},
        routing=ROUTING / "people.routing.yaml",
    ),
    "full": Inputs(
        variables=LOCAL
        | {
            "name_prefix": "full-",
            "services": ["ec2", "rds"],
            "buses": {"OrgInfrastructure": {"accounts": [PARTNER]}, "Second": {"archive_days": 3}},
            "schedules": {"yearly": {"schedule": "cron(0 8 1 1 ? *)", "detail": {"task": "rotate"}}},
            "heartbeat": {"rate_minutes": 600, "alarm_after_minutes": 1440},
            "message_versions": ["1", "2"],
            "publishers": {"standard_messages": [PARTNER], "notifications": [PARTNER]},
            "monitoring": {"alarm_topic_arns": [f"arn:aws:sns:{REGION}:{ACCOUNT}:Alarms"]},
            "sender_address": "full@example.org",
        },
        routing=ROUTING / "teams.routing.yaml",
    ),
}
"""The fewest parts that a stack can have, and every module at least once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An upgrade that is about to be applied: the release's outputs, this checkout's stack, and the plan in JSON."""

    name: str
    aws: LocalAws
    before: Mapping[str, Any]
    stack: Stack
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An upgrade that was applied: a second plan in JSON, and the pipeline."""

    second_plan: Mapping[str, Any]
    pipeline: Pipeline


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.commit[:7])
def planned(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Planned]]:
    with request.param.deployed(DEPLOYMENTS) as aws, ThreadPoolExecutor() as threads:
        contents = {name: local_stack.files(i.variables, routing=i.routing) for name, i in DEPLOYMENTS.items()}
        plans = threads.map(lambda name: _plan(aws, name, contents[name]), DEPLOYMENTS)
        yield {plan.name: plan for plan in plans}


@pytest.fixture(scope="module")
def applied(planned: Mapping[str, Planned]) -> Mapping[str, Applied]:
    with ThreadPoolExecutor() as threads:
        return dict(zip(planned, threads.map(_apply, planned.values()), strict=True))


every_deployment = pytest.mark.parametrize("name", DEPLOYMENTS)


@every_deployment
def test_nothing_is_deleted_or_replaced(planned: Mapping[str, Planned], name: str) -> None:
    lost = {_line(change) for change in planned[name].plan["resource_changes"] if _loses(change)}

    assert not lost, "\n".join(sorted(lost))


def test_every_module_is_upgraded(planned: Mapping[str, Planned]) -> None:
    plan = planned["full"].plan
    roots = plan["planned_values"]["root_module"], plan["prior_state"]["values"]["root_module"]
    instances = {address for root in roots for address in _instances(root)}
    calls = dict(_calls(plan["configuration"]["root_module"]))
    present = {module for address, module in calls.items() if address in instances}

    assert set(calls.values()) - present == set(), "DEPLOYMENTS has no instance of these"


@every_deployment
def test_outputs_keep_their_values(planned: Mapping[str, Planned], applied: Mapping[str, Applied], name: str) -> None:
    after = applied[name].pipeline.deployment.outputs
    changed = [line for line in _missing(planned[name].before, after) if line.split(" ")[0] not in MAY_CHANGE]

    assert not changed, "\n".join(changed)


@every_deployment
def test_a_second_plan_is_empty(applied: Mapping[str, Applied], name: str) -> None:
    changes = applied[name].second_plan["resource_changes"]

    assert [_line(c) for c in changes if c["change"]["actions"] != ["no-op"] and c["type"] not in DRIFTS] == []


def test_a_drill_is_mailed_once_by_each(applied: Mapping[str, Applied]) -> None:
    name = unique("web")
    one, *_ = (upgrade.pipeline for upgrade in applied.values())
    # One account, one default bus: each deployment's rules match it.
    event = one.drill(one.launch(name), "stopped")

    senders = {f"{deployment}@example.org" for deployment in DEPLOYMENTS}
    eventually(lambda: {mail.sender for mail in one.mails(about=event)} >= senders, "each mails it", within=60)
    for upgrade in applied.values():
        upgrade.pipeline.settle()
        queues = upgrade.pipeline.deployment.outputs["queues"]
        assert [q for q in queues if q.endswith("DLQ") and upgrade.pipeline.depth(q)] == []
    assert sorted(mail.sender for mail in one.mails(about=event)) == sorted(senders)


def _plan(aws: LocalAws, name: str, content: Mapping[str, bytes]) -> Planned:
    released = aws.folder / name
    stack = Stack.create(aws.folder / f"{name}-upgraded", dict(content), aws.env())
    shutil.copy(stack_folder(released) / "terraform.tfstate", stack.folder)
    return Planned(name=name, aws=aws, before=outputs(released), stack=stack, plan=_planned(stack))


def _apply(upgrade: Planned) -> Applied:
    upgrade.stack.apply(upgrade.stack.folder / PLAN)
    deployment = Deployment(aws=upgrade.aws, stack=upgrade.stack, outputs=upgrade.stack.outputs())
    return Applied(second_plan=_planned(upgrade.stack), pipeline=Pipeline(deployment))


def _planned(stack: Stack) -> Any:
    """Plan, and return the plan in JSON; it stays in the stack's folder as well."""
    stack.plan(stack.folder / PLAN)
    show = [str(terraform_release.binary()), "show", "-json", PLAN]
    return json.loads(subprocess.run(show, cwd=stack.folder, capture_output=True, check=True).stdout)


def _loses(change: Mapping[str, Any]) -> bool:
    lost = not {"delete", "forget"}.isdisjoint(change["change"]["actions"])
    return lost and change["mode"] == "managed" and _without_index(change["address"]) not in ALLOWED


def _line(change: Mapping[str, Any]) -> str:
    actions = "+".join(change["change"]["actions"])
    moved = f" (was {change['previous_address']})" if "previous_address" in change else ""
    forced = f" because of {change['change']['replace_paths']}" if change["change"].get("replace_paths") else ""
    return f"{actions} {change['address']}{moved}{forced}"


def _calls(module: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, str]]:
    """Return all module calls in a plan's configuration: each one's address without indices, and its module's name."""
    for name, call in module.get("module_calls", {}).items():
        address = f"{parent}module.{name}"
        yield address, call["source"].rpartition("/")[2]
        yield from _calls(call["module"], f"{address}.")


def _instances(module: Mapping[str, Any]) -> Iterator[str]:
    """Return the addresses without indices of all modules below one that have resources."""
    for child in module.get("child_modules", []):
        yield _without_index(child["address"])
        yield from _instances(child)


def _without_index(address: str) -> str:
    """Return `module.bus.this` for `module.bus["a"].this["b"]`."""
    plain, inside = "", False
    for character in address:
        inside = character == "[" or (inside and character != "]")
        plain += "" if inside or character == "]" else character
    return plain


def _missing(before: Any, after: Any, path: str = "") -> Sequence[str]:
    """Return a line for each value in `before` that `after` has no more or has changed; new ones are no concern."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key, value in before.items()
            for line in _missing(value, after.get(key), f"{path}.{key}" if path else key)
        ]
    return [] if before == after else [f"{path} was {before!r} and is {after!r}"]
