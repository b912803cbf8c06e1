"""The runbook explains every word that a function may say."""

import re
from pathlib import Path

import pytest

from infra_events.domain.errors import ParkCode
from infra_events.domain.outcome import NoteCode
from infra_events.runtime.worker import LogCode

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()


@pytest.mark.parametrize("codes", [LogCode, NoteCode, ParkCode])
def test_the_runbook_explains_each_code_and_no_other(codes: type[LogCode | NoteCode | ParkCode]) -> None:
    first_cells = re.findall(r"^\| `([a-z_]+)` \|", RUNBOOK, flags=re.MULTILINE)
    others = {code for kind in (LogCode, NoteCode, ParkCode) if kind is not codes for code in kind}
    assert set(codes) == set(first_cells) - others
