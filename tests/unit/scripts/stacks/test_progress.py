"""What is shown of a run of Terraform."""

import json

import pytest

from scripts.stacks import progress as terraform_progress


def test_progress_counts_changes_but_not_readings(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[dict[str, object]] = [
        {"type": "change_summary", "changes": {"add": 2, "change": 0, "remove": 0, "operation": "plan"}},
        {"type": "apply_complete", "hook": {"action": "read", "resource": {"addr": "data.a"}}},
        {"type": "apply_start", "hook": {"action": "create", "resource": {"addr": "b"}}},
        {"type": "apply_complete", "hook": {"action": "create", "resource": {"addr": "b"}}},
    ]
    with terraform_progress.shown("apply") as show:
        show("not JSON\n")
        for event in events:
            show(json.dumps(event))
    assert capsys.readouterr().out == "    1/2 b\n"


def test_progress_of_a_saved_plan_has_no_total(capsys: pytest.CaptureFixture[str]) -> None:
    with terraform_progress.shown("apply") as show:
        show(json.dumps({"type": "apply_complete", "hook": {"action": "create", "resource": {"addr": "b"}}}))
    assert capsys.readouterr().out == "    1 b\n"


def test_a_failure_is_in_terraforms_words() -> None:
    diagnostic = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No zips", "detail": "Build."}}
    warning = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Old", "detail": "Newer."}}
    assert terraform_progress.failure([json.dumps(warning), json.dumps(diagnostic)]) == "No zips\nBuild."
    assert terraform_progress.failure(["Error: plain\n"]) == "Error: plain"
