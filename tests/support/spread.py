"""How tests are spread over processes by `pytest -n …`: what shares a deployment, or a file's fixtures, shares one."""

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

LONGEST = (
    "e2e/test_upgrade.py",
    "e2e/test_migration.py",
    "e2e/test_delivery.py",
    "e2e/neighbours",
    "e2e/test_examples.py",
    "e2e/fragile",
    "e2e/pipeline",
    "e2e/pacing",
    "e2e",
    "infra",
    "integration",
    "contract",
    "unit",
)
"""Paths in tests/, in the order in which they start: what takes long and starts last keeps the others waiting."""


def group(nodeid: str) -> str:
    """Return what the tests of one process have in common: a folder of tests/e2e, or a file.

    A test of tests/infra, which runs Terraform in a folder, is a group.
    """
    file = nodeid.partition("::")[0]
    match PurePosixPath(file).parts:
        case ("tests", "e2e", folder, _):
            return f"tests/e2e/{folder}"
        case ("tests", "infra", _):
            return nodeid
    return file


def start(nodeid: str) -> int:
    """Return how early a test starts, 0 for the earliest."""
    return next(number for number, path in enumerate(LONGEST) if nodeid.startswith(f"tests/{path}"))


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Gives groups to processes in the order of the tests, and does not put the groups of most tests first."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def sort(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which they start; within a file or a folder it stays as it is."""
    items.sort(key=lambda item: start(item.nodeid))
