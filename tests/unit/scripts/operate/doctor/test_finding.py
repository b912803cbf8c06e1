"""Every code of a finding is provoked by a test."""

import re
from pathlib import Path

from scripts.operate.doctor.finding import Code

FOLDER = Path(__file__).parent
ON_LOCAL_AWS = FOLDER.parents[3] / "e2e" / "test_doctor.py"


def test_every_finding_is_provoked_somewhere() -> None:
    tests = "".join(file.read_text() for file in [*FOLDER.glob("test_*.py"), ON_LOCAL_AWS])
    assert set(re.findall(r"\bCode\.([A-Z_]+)", tests)) >= {code.name for code in Code}
