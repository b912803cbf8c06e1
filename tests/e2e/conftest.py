"""One deployment for all tests that only use it, and one of their own for those that meddle with it."""

from collections.abc import Iterator

import pytest

from scripts import local_stack
from tests.e2e.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    """The stack, restored from the golden snapshot."""
    with local_stack.deployed() as deployment:
        yield Pipeline(deployment)


@pytest.fixture(scope="session")
def fragile() -> Iterator[Pipeline]:
    """The same once more, for tests that break something and mend it."""
    with local_stack.deployed() as deployment:
        yield Pipeline(deployment)
