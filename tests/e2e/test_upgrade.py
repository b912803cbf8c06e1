"""From the last release to this checkout, on stacks deployed from that release.

The plan deletes and replaces nothing: a re-created subscription or rule drops the events that pass meanwhile. Outputs
that others read keep their values, what waited in a queue is still there or delivered, and after the apply the pipeline
delivers.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from scripts import project
from scripts.local import stack as local_stack
from scripts.local.aws import ACCOUNT, REGION, LocalAws
from scripts.local.stack import Deployment
from tests.support import terraform
from tests.support.builders import aws_event, notification
from tests.support.pipeline import WORKER_QUEUES, Attributes, Pipeline, unique
from tests.support.release import Inputs, Release, files_of, state, write_root
from tests.support.terraform import Root
from tests.support.waiting import eventually

RELEASES = [Release(commit="cc2e7d10c196a0da157b6c3f1b3b9d4cca15d364", module="scripts.local_stack")]
"""From which this checkout upgrades. A new release takes the place of the one before it."""

ALLOWED: Mapping[str, str] = {
    "module.event_source.module.bus.aws_cloudwatch_event_permission.this": "forgotten, not deleted: the policy of "
    "the bus, one document, has overwritten it",
    "module.routing.aws_s3_object.this": "it is known by its digest now, so the new one is another resource, which is "
    "made first; its key is another too, as the compiled routing names channels",
}
"""Addresses that the plan may delete, replace or forget, each with the reason; without the indices of `for_each`."""

MAY_CHANGE: Mapping[str, str] = {
    "routing.sha256": "the digest of the compiled routing, which names channels now",
    "backend": "it serves every stack: `key` is not in it, each run names its stack's",
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
    "mail_rate": 100,  # which the release ignores, with a warning
    "create_sender_identity": True,
    "monitoring": {"alarm_topic_arns": []},
}
"""What suits the local AWS, named here so that old and new get the same inputs whatever environments/local has."""

DEPLOYMENTS = {
    "plain": Inputs(
        stack="notifications",
        variables=LOCAL | {"services": ["ec2"], "buses": {}, "sender_address": "plain@example.org"},
        routing=ROUTING / "people.routing.yaml",
    ),
    "full": Inputs(
        stack="notifications",
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
    "bootstrap": Inputs(
        stack="bootstrap",
        variables={
            "github": {"repository": "octo-org/events", "environment": "production"},
            "sender_addresses": ["*@example.org"],  # which the release ignores, with a warning
        },
    ),
}
"""The fewest parts that the stack can have, every module of it at least once, and what an account has before it."""

PIPELINES = [name for name, inputs in DEPLOYMENTS.items() if inputs.stack == "notifications"]


Waiting = Mapping[str, Mapping[str, str]]
"""By a deployment's name and a queue's: the id of the message that waits there when the upgrade begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A deployment that is about to be upgraded: the release's outputs, this checkout's root module, and its plan."""

    before: Mapping[str, Any]
    root: Root
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """All upgrades by the deployment's name, and the local AWS on which they are."""

    aws: LocalAws
    upgrades: Mapping[str, Upgrade]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A deployment that was upgraded: its outputs, and a second plan."""

    outputs: Mapping[str, Any]
    second_plan: Mapping[str, Any]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.commit[:7])
def planned(request: pytest.FixtureRequest) -> Iterator[Planned]:
    with request.param.deployed(DEPLOYMENTS) as aws, ThreadPoolExecutor() as threads:
        contents = {name: _files(inputs) for name, inputs in DEPLOYMENTS.items()}
        upgrades = threads.map(lambda name: _plan(aws, name, contents[name]), contents)
        yield Planned(aws=aws, upgrades=dict(zip(contents, upgrades, strict=True)))


@pytest.fixture(scope="module")
def waiting(planned: Planned) -> Iterator[Waiting]:
    """A message in every queue of the release, DLQs too, while its functions receive none.

    Terraform ends that, as it finds mappings that are disabled and should not be.
    """
    pipelines = {name: _pipeline(planned.aws, planned.upgrades[name].before) for name in PIPELINES}
    with ExitStack() as stack:
        for pipeline in pipelines.values():
            for function in pipeline.deployment.outputs["functions"]:
                stack.enter_context(pipeline.paused(function))
        yield {
            name: {queue: _leave(pipeline, queue) for queue in pipeline.deployment.outputs["queues"]}
            for name, pipeline in pipelines.items()
        }


@pytest.fixture(scope="module")
def applied(planned: Planned, waiting: Waiting) -> Mapping[str, Applied]:
    assert waiting.keys() == set(PIPELINES)
    with ThreadPoolExecutor() as threads:
        return dict(zip(planned.upgrades, threads.map(_apply, planned.upgrades.values()), strict=True))


every_deployment = pytest.mark.parametrize("name", DEPLOYMENTS)


@every_deployment
def test_nothing_is_deleted_or_replaced(planned: Planned, name: str) -> None:
    lost = [line for address, line in terraform.losses(planned.upgrades[name].plan).items() if address not in ALLOWED]

    assert not lost, "\n".join(lost)


def test_what_may_be_lost_or_change_does(planned: Planned, applied: Mapping[str, Applied]) -> None:
    lost = {address for upgrade in planned.upgrades.values() for address in terraform.losses(upgrade.plan)}
    changed = {
        output for name in DEPLOYMENTS for output in _changed(planned.upgrades[name].before, applied[name].outputs)
    }

    assert (set(ALLOWED) - lost, set(MAY_CHANGE) - changed) == (set(), set()), "these reasons are no longer needed"


def test_every_module_is_upgraded(planned: Planned) -> None:
    plan = planned.upgrades["full"].plan
    roots = plan["planned_values"]["root_module"], plan["prior_state"]["values"]["root_module"]
    instances = {address for root in roots for address in terraform.instances(root)}
    calls = dict(terraform.calls(plan["configuration"]["root_module"]))
    present = {module for address, module in calls.items() if address in instances}

    assert set(calls.values()) - present == set(), "DEPLOYMENTS has no instance of these"


@every_deployment
def test_outputs_keep_their_values(planned: Planned, applied: Mapping[str, Applied], name: str) -> None:
    changed = _changed(planned.upgrades[name].before, applied[name].outputs)

    assert not {output: values for output, values in changed.items() if output not in MAY_CHANGE}


@every_deployment
def test_a_second_plan_is_empty(applied: Mapping[str, Applied], name: str) -> None:
    assert terraform.changes(applied[name].second_plan) == []


@pytest.mark.parametrize("name", PIPELINES)
def test_what_waited_is_mailed_once_or_still_waits(
    planned: Planned, applied: Mapping[str, Applied], waiting: Waiting, name: str
) -> None:
    pipeline = _pipeline(planned.aws, applied[name].outputs)
    pipeline.settle()

    left = {queue: message for queue, message in waiting[name].items() if queue not in WORKER_QUEUES}
    assert len(left) + len(WORKER_QUEUES) == len(waiting[name])
    assert [queue for queue, message in left.items() if len(pipeline.peek(queue, about=message)) != 1] == []
    senders = {queue: [mail.sender for mail in pipeline.mails(about=waiting[name][queue])] for queue in WORKER_QUEUES}
    assert senders == {queue: [f"{name}@example.org"] for queue in WORKER_QUEUES}


def test_a_drill_is_mailed_once_by_each(planned: Planned, applied: Mapping[str, Applied], waiting: Waiting) -> None:
    pipelines = {name: _pipeline(planned.aws, applied[name].outputs) for name in PIPELINES}
    one = pipelines[PIPELINES[0]]
    # One account, one default bus: each deployment's rules match it.
    event = one.drill(one.launch(unique("web")), "stopped")

    senders = sorted(f"{deployment}@example.org" for deployment in PIPELINES)
    eventually(lambda: len(one.mails(about=event)) >= len(senders), "each mails it", within=60)
    for name, pipeline in pipelines.items():
        pipeline.settle()
        dlqs = [queue for queue in pipeline.deployment.outputs["queues"] if queue.endswith("DLQ")]
        assert [queue for queue in dlqs if pipeline.depth(queue) != int(queue in waiting[name])] == []
    assert sorted(mail.sender for mail in one.mails(about=event)) == senders


def _files(inputs: Inputs) -> Mapping[str, bytes]:
    """Return this checkout's working copy for a deployment."""
    if inputs.routing:
        return local_stack.files(inputs.variables, routing=inputs.routing)
    return files_of(project.ROOT, inputs)


def _plan(aws: LocalAws, name: str, content: Mapping[str, bytes]) -> Upgrade:
    released = state(aws.folder / name)
    root = write_root(aws, dict(content), f"{name}-upgraded")
    shutil.copy(released, root.folder)
    root.init()
    before = json.loads(released.read_text())["outputs"]
    return Upgrade(before={key: it["value"] for key, it in before.items()}, root=root, plan=root.plan())


def _apply(upgrade: Upgrade) -> Applied:
    upgrade.root.apply()
    return Applied(outputs=upgrade.root.outputs(), second_plan=upgrade.root.plan())


def _pipeline(aws: LocalAws, outputs: Mapping[str, Any]) -> Pipeline:
    """Return the pipeline of a deployment that nobody applies or destroys by it."""
    return Pipeline(Deployment(aws=aws, stack=cast("Any", None), outputs=outputs))


def _leave(pipeline: Pipeline, queue: str) -> str:
    """Leave a message in a queue, of the kind that a worker there expects, and return its id."""
    name = unique("waits")
    kinds: Mapping[str, tuple[str, Attributes]] = {
        "AwsServiceEvents": (json.dumps(aws_event(id=name)), {}),
        "OrgResourceEventsMessagingV2": (f"onprem.vmware,{name},off", {"id": name}),
        "OrgResourceEventsNotificationEmail": (
            json.dumps(notification(id=name, text=name, recipients=["platform"])),
            {"channels": ["email"]},
        ),
    }
    body, attributes = kinds.get(queue, (name, {}))
    pipeline.send(queue, body, attributes=attributes)
    return name


def _changed(before: Any, after: Any, path: str = "") -> dict[str, str]:
    """Return what differs in `after` or is missing there, by its path; what is in `after` alone does not count."""
    if isinstance(before, dict) and isinstance(after, dict):
        inner = ((value, after.get(key), f"{path}.{key}" if path else key) for key, value in before.items())
        return {output: values for it in inner for output, values in _changed(*it).items()}
    return {} if before == after else {path: f"was {before!r}, is {after!r}"}
