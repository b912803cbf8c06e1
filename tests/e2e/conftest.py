"""One deployment for all tests that only use it; tests that meddle with one get their own."""

from collections.abc import Iterator

import pytest

from scripts import local_stack
from tests.e2e.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    """The stack, restored from the golden snapshot."""
    with local_stack.deployed() as deployment:
        yield Pipeline(deployment)
