"""From the last release to this checkout, on stacks deployed from that release.

The plan deletes and replaces nothing: a re-created subscription or rule drops the events that pass meanwhile. Outputs
that others read keep their values, and after the apply the pipeline delivers.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import project
from scripts.local import stack as local_stack
from scripts.local.aws import ACCOUNT, REGION, LocalAws
from scripts.stacks.working_copy import LOCK
from tests.support import terraform
from tests.support.pipeline import Pipeline, eventually, unique
from tests.support.release import Inputs, Release, outputs, stack_folder
from tests.support.terraform import Root

RELEASES = [Release(commit="cc2e7d10c196a0da157b6c3f1b3b9d4cca15d364", module="scripts.local_stack")]
"""From which this checkout upgrades. A new release takes the place of the one before it."""

ALLOWED: Mapping[str, str] = {}
"""Addresses that the plan may delete, replace or forget, each with the reason; the index of `for_each` is not named."""

MAY_CHANGE = {
    "routing.sha256": "the digest of the compiled routing, which a release may write in another form",
}
"""Outputs whose values may differ after the upgrade, each with the reason."""

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
    """An upgrade that is about to be applied: the release's outputs, this checkout's files, and the plan in JSON.

    `name` is that of the folder of `aws` with the files and a copy of the release's state.
    """

    name: str
    aws: LocalAws
    content: Mapping[str, bytes]
    before: Mapping[str, Any]
    root: Root
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
        plans = threads.map(lambda name: _plan(aws, name, contents[name]), contents)
        yield dict(zip(contents, plans, strict=True))


@pytest.fixture(scope="module")
def applied(planned: Mapping[str, Planned]) -> Mapping[str, Applied]:
    with ThreadPoolExecutor() as threads:
        return dict(zip(planned, threads.map(_apply, planned.values()), strict=True))


every_deployment = pytest.mark.parametrize("name", DEPLOYMENTS)


@every_deployment
def test_nothing_is_deleted_or_replaced(planned: Mapping[str, Planned], name: str) -> None:
    lost = [line for address, line in terraform.losses(planned[name].plan).items() if address not in ALLOWED]

    assert not lost, "\n".join(lost)


def test_every_module_is_upgraded(planned: Mapping[str, Planned]) -> None:
    plan = planned["full"].plan
    roots = plan["planned_values"]["root_module"], plan["prior_state"]["values"]["root_module"]
    instances = {address for root in roots for address in terraform.instances(root)}
    calls = dict(terraform.calls(plan["configuration"]["root_module"]))
    present = {module for address, module in calls.items() if address in instances}

    assert set(calls.values()) - present == set(), "DEPLOYMENTS has no instance of these"


@every_deployment
def test_outputs_keep_their_values(planned: Mapping[str, Planned], applied: Mapping[str, Applied], name: str) -> None:
    after = applied[name].pipeline.deployment.outputs
    changed = [line for line in _missing(planned[name].before, after) if line.split(" ")[0] not in MAY_CHANGE]

    assert not changed, "\n".join(changed)


@every_deployment
def test_a_second_plan_is_empty(applied: Mapping[str, Applied], name: str) -> None:
    assert terraform.changes(applied[name].second_plan) == []


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
    released, upgraded = aws.folder / name, f"{name}-upgraded"
    for file, text in content.items():
        project.write(aws.folder / upgraded / file, text)
    (versions,) = (file for file in content if file.endswith(LOCK))
    root = Root((aws.folder / upgraded / versions).parent, aws.env())
    shutil.copy(stack_folder(released) / "terraform.tfstate", root.folder)
    root.init()
    return Planned(name=upgraded, aws=aws, content=content, before=outputs(released), root=root, plan=root.plan())


def _apply(upgrade: Planned) -> Applied:
    deployment = local_stack.deploy(upgrade.aws, dict(upgrade.content), upgrade.name)
    return Applied(second_plan=upgrade.root.plan(), pipeline=Pipeline(deployment))


def _missing(before: Any, after: Any, path: str = "") -> Sequence[str]:
    """Return a line for each value in `before` that `after` has no more or has changed; new ones are no concern."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key, value in before.items()
            for line in _missing(value, after.get(key), f"{path}.{key}" if path else key)
        ]
    return [] if before == after else [f"{path} was {before!r} and is {after!r}"]
