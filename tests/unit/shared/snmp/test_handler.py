"""The traphandle program."""

import io
import json
import sys

import pytest

from infra_events_snmp import handler
from infra_events_snmp.spool import Spool

HEAD = "router\nUDP: [192.0.2.7]:5000->[192.0.2.1]:162\n.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.6.3.1.1.5.3\n"


def run(spool: Spool, monkeypatch: pytest.MonkeyPatch, text: bytes) -> int:
    monkeypatch.setenv("INFRA_EVENTS_SPOOL", str(spool.folder))
    monkeypatch.setenv("INFRA_EVENTS_SPOOL_EVENTS", "5")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    return handler.spool_trap()


def test_the_handler_spools_and_warns_and_never_loses_in_silence(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = [run(spool, monkeypatch, HEAD.encode()) for _ in range(6)]
    assert statuses == [0, 0, 0, 0, 0, 1]
    warnings = capsys.readouterr().err.splitlines()
    assert [warning.split(";")[0] for warning in warnings[:2]] == ["the spool is 80% full", "the spool is 100% full"]
    assert warnings[2].startswith("LOST a trap, SNMP linkDown of snmp://192.0.2.7: the spool is full")
    assert len(warnings) == 3
    keys = [json.loads(file.read_text())["detail"]["idempotency-key"] for file in spool.waiting()]
    assert keys == [file.stem for file in spool.waiting()]
    assert len(set(keys)) == 5


def test_a_missing_spool_is_reported_too(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spool.folder = spool.folder / "elsewhere"
    assert run(spool, monkeypatch, HEAD.encode()) == 1
    assert capsys.readouterr().err.startswith("LOST a trap")
