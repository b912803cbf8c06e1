"""A check that fails or hangs leaves the others as they are."""

import threading
from collections.abc import Iterator

import pytest

from scripts.operate.doctor import checks, queues
from scripts.operate.doctor.checks import Check
from scripts.operate.doctor.finding import Code, Finding, Level
from scripts.operate.doctor.patient import Patient
from tests.support.doctor import CALLER, OUTPUTS, patient, queue


def test_outputs_of_an_older_release_name_the_deployment_as_the_fix() -> None:
    older = {name: queue("Events")[name] for name in ("name", "arn", "url")}
    check = Check("Queues", "every dead-letter queue is empty", queues.dead_letters)
    (row,) = checks.run([check], patient(OUTPUTS | {"queues": {"Events": older}}), CALLER)
    assert (row.finding.level, row.finding.code) == (Level.WARNING, Code.CANNOT_CHECK)
    assert row.finding.what.endswith("is empty (it was deployed by an older release)")
    assert row.finding.fix == "make plan ENV=production, then make apply ENV=production"


def test_a_check_that_fails_by_itself_is_no_fault_of_the_account() -> None:
    def broken(_: Patient) -> Iterator[Finding]:
        raise KeyError("ROUTING_BUCKET")

    (row,) = checks.run([Check("Mail", "all is well", broken)], patient(), CALLER)
    assert row.finding.code is Code.CANNOT_CHECK
    assert row.finding.fix == "this is a fault of the check itself: report it"


def test_a_check_that_hangs_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE_SECONDS", 0)
    over = threading.Event()

    def hangs(_: Patient) -> Iterator[Finding]:
        over.wait()
        return iter(())

    (row,) = checks.run([Check("Mail", "all is well", hangs)], patient(), CALLER)
    over.set()
    assert row.finding.what == "cannot check whether all is well (TimeoutError)"
