"""A change that fails half-way, and its rollback: the functions read their routing all the time."""

from pathlib import Path
from typing import Any

import pytest

from infra_events.aws import routing_store
from scripts import environments
from scripts.environments import NOTIFICATIONS
from scripts.local import stack as local_stack
from scripts.project import CommandError
from scripts.stacks import working_copy
from tests.support.pipeline import PATIENCE_SECONDS, Pipeline, unique
from tests.support.proxy import Refusal, proxy

ROUTING = environments.files(environments.LOCAL).routing
ADDRESS = "search@example.org"
REFUSED, UPDATED = "AwsServiceEventHandler", "EmailNotificationSender"


def test_a_rollout_that_failed_half_way_is_rolled_back(fragile: Pipeline, tmp_path: Path) -> None:
    changed = tmp_path / "changed.routing.yaml"
    changed.write_text(ROUTING.read_text().replace(ADDRESS, "new-search@example.org"))
    old, new = local_stack.files(), local_stack.files(routing=changed)
    aws, s3 = fragile.aws, fragile.client("s3")
    place = local_stack.deploy(aws, old).outputs["routing"]
    (before,) = _objects(s3, place["bucket"])

    with proxy(aws.endpoint) as functions:
        functions.refuse = Refusal(status=403, error="AccessDeniedException", only=f"PUT .*{REFUSED}/configuration")
        stack = working_copy.Stack.create(
            NOTIFICATIONS, aws.folder / NOTIFICATIONS, new, aws.env() | {"AWS_ENDPOINT_URL_LAMBDA": functions.url}
        )
        with pytest.raises(CommandError, match=f"Lambda Function .*{REFUSED}.* configuration"):
            stack.apply()
    assert fragile.variables(REFUSED)["ROUTING_SHA256"] == place["sha256"]
    assert fragile.variables(UPDATED)["ROUTING_SHA256"] != place["sha256"]
    assert len(_objects(s3, place["bucket"])) == 2, "each function's routing is there"

    deployment = local_stack.deploy(aws, old)

    assert _objects(s3, place["bucket"]) == [before]
    assert routing_store.read(**deployment.outputs["routing"], client=s3).digest == place["sha256"][:12]
    assert not deployment.stack.plan()
    name = unique("web")
    with fragile.patience(PATIENCE_SECONDS):
        for function in deployment.outputs["functions"]:
            fragile.kill_workers(function)
        event = fragile.drill(fragile.launch(name, Owner="search"), "stopped")
        fragile.settle()
    assert [mail.to for mail in fragile.mails(about=event)] == [(ADDRESS,)]


def _objects(s3: Any, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
