"""In which order an apply rolls out: whoever reads a message, before whoever writes it."""

import os
import shutil
from pathlib import Path

import pytest

from scripts import environments, project
from tests.support.terraform import Root

CHANNEL = "module.notifier.module.channel."
SENDER = "module.notifier.module.org_resource_event_notification_sender."
FUNCTION, MAPPING = "aws_lambda_function.this", "aws_lambda_event_source_mapping"


@pytest.fixture(scope="module")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    copy = tmp_path_factory.mktemp("order") / "terraform"
    shutil.copytree(
        project.ROOT / "terraform", copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf")
    )
    root = Root(Path(copy, "stacks", environments.NOTIFICATIONS), os.environ)
    root.init()
    return root.dependencies()


def test_the_sender_comes_after_all_that_reads_its_notifications(dependencies: set[tuple[str, str]]) -> None:
    """Else it sends to a new destination before the channels know that: these would take it for an unknown one."""
    before = {resource for after, resource in dependencies if after == f"{SENDER}{FUNCTION}"}

    assert {
        f"{CHANNEL}module.worker.{FUNCTION}",
        f"{CHANNEL}module.worker.{MAPPING}.this",
        f"{CHANNEL}module.worker.{MAPPING}.urgent",
        f"{CHANNEL}module.queue.aws_sns_topic_subscription.this",
        f"{CHANNEL}module.urgent_queue.aws_sns_topic_subscription.this",
    } <= _resources(dependencies, before)


def test_its_policies_do_not_wait_for_that(dependencies: set[tuple[str, str]]) -> None:
    """A data source that waits for a change is read during the apply: a plan would not show what a role may do."""
    waiting = {after for after, before in dependencies if after.startswith(SENDER) and before.startswith(CHANNEL)}

    assert waiting == {f"{SENDER}{FUNCTION}"}


def _resources(dependencies: set[tuple[str, str]], found: set[str]) -> set[str]:
    """Return the addresses in `found` and all that come before these."""
    while more := {before for after, before in dependencies if after in found} - found:
        found = found | more
    return found
