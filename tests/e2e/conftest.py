"""The deployments of a test run, each made when a test first asks for it.

Two come from the golden snapshot. Two more are applied afresh, side by side in one account that enforces policies: they
cost a minute of Terraform, so all tests that need a fresh one, or two, or enforcement, share them. The last to use them
destroys them.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.local import stack as local_stack
from scripts.local.aws import LocalAws
from tests.support.inventory import Inventory, inventory
from tests.support.pipeline import PATIENCE_SECONDS, PATIENT, Pipeline

TEAMS = Path(__file__).parent / "routing" / "teams.routing.yaml"


# Both far away, so that they come only where tests/e2e/neighbours/test_schedules.py calls them.
SOURCES = {
    "schedules": {"yearly": {"schedule": "cron(0 8 1 1 ? *)", "detail": {"task": 'wish "a happy new year"'}}},
    "heartbeat": {"rate_minutes": 600, "alarm_after_minutes": 1440},
}


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    """The stack as it is, for tests that only use it."""
    with _restored() as pipeline:
        yield pipeline


@pytest.fixture(scope="session")
def fragile() -> Iterator[Pipeline]:
    """The same once more, for tests that break something and repair it."""
    with _restored() as pipeline:
        yield pipeline


@contextmanager
def _restored() -> Iterator[Pipeline]:
    with local_stack.deployed() as deployment:
        pipeline = Pipeline(deployment)
        with pipeline.patience(PATIENCE_SECONDS):
            yield pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Two deployments in one account, and what there was in the account before them."""

    left: Pipeline
    right: Pipeline
    before: Inventory

    @property
    def both(self) -> tuple[Pipeline, Pipeline]:
        return self.left, self.right


@pytest.fixture(scope="session")
def neighbours() -> Iterator[Neighbours]:
    contents = {prefix: local_stack.files(_variables(prefix), routing=TEAMS) for prefix in ("left-", "right-")}
    with LocalAws.start(auth=True) as aws, ThreadPoolExecutor() as threads:
        before = inventory(aws.client)
        left, right = threads.map(lambda prefix: local_stack.deploy(aws, contents[prefix], prefix), contents)
        yield Neighbours(left=Pipeline(left), right=Pipeline(right), before=before)


def _variables(prefix: str) -> dict[str, object]:
    return SOURCES | PATIENT | {"name_prefix": prefix, "sender_address": f"{prefix}events@example.org"}
