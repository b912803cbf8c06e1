"""Marks, and how tests are spread over processes (tests/support/spread.py)."""

import os
from pathlib import Path

import pytest
from xdist.remote import Producer

from tests.support import spread

TESTS = Path(__file__).parent

PROCESSES_PER_CORE = 2
"""Most of the long tests wait, for Terraform's provider and for queues."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return how many processes `-n auto` means; None leaves `-n logical`, a process per core, to xdist."""
    return PROCESSES_PER_CORE * (os.cpu_count() or 1) if config.option.numprocesses == "auto" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> spread.GroupScheduling:
    return spread.GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder, so that `pytest -m unit` works without a line in any test."""
    spread.sort(items)
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
