"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

BUSY_SECONDS = 120
"""A limit that a busy machine keeps: it is only reached by what never comes."""


def eventually(probe: Callable[[], T], what: str, *, within: float = BUSY_SECONDS) -> T:
    """Poll until `probe` returns something true, and return that. Fails, naming `what`, after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.05)
    return answer
