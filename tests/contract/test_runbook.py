"""The runbook explains every word that a function may log."""

import re
from collections import Counter
from enum import StrEnum
from pathlib import Path

import pytest

from infra_events.domain.errors import ParkCode
from infra_events.domain.outcome import NoteCode
from infra_events.runtime.worker import LogCode
from scripts.operate.doctor.finding import Code as DoctorCode

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()


KINDS: tuple[type[StrEnum], ...] = (LogCode, NoteCode, ParkCode, DoctorCode)
FIRST_CELLS = re.findall(r"^\| `([a-z_]+)` \|", RUNBOOK, flags=re.MULTILINE)


@pytest.mark.parametrize("codes", KINDS)
def test_the_runbook_explains_each_code_and_no_other(codes: type[StrEnum]) -> None:
    others = {str(code) for kind in KINDS if kind is not codes for code in kind}
    assert set(codes) == set(FIRST_CELLS) - others


def test_the_runbook_explains_each_code_once() -> None:
    assert [code for code, rows in Counter(FIRST_CELLS).items() if rows > 1] == []
