"""Marks, and how tests are spread over processes: `pytest -n auto --dist loadgroup`, which `make test` runs."""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

SUITES = ("e2e", "infra", "integration", "contract", "unit")
"""The folders, those with the longest tests first: what takes long and starts last keeps the others waiting."""

PROCESSES_PER_CORE = 2
"""Most of the long tests wait, for Terraform's provider and for queues."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return how many processes `-n auto` means; None leaves `-n logical`, a process per core, to xdist."""
    return PROCESSES_PER_CORE * (os.cpu_count() or 1) if config.option.numprocesses == "auto" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its suite, so that `pytest -m unit` works, and keep the tests of a file in one process.

    A test that has an `xdist_group` already keeps that: its deployment's or its Terraform folder's.
    """
    items.sort(key=lambda item: SUITES.index(_suite(item)))
    for item in items:
        item.add_marker(_suite(item))
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(TESTS).as_posix()))


def _suite(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]
