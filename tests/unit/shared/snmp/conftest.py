"""A small spool for each test."""

from pathlib import Path

import pytest

from infra_events_snmp.spool import Limit, Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool", Limit(events=10, bytes=2_000))
    spool.make_folders()
    return spool
