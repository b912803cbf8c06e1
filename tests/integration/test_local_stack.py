"""A fresh local deployment that fails is started over once. Terraform is a script here, the local AWS a real one."""

from pathlib import Path

import pytest

from scripts.local import stack as local_stack
from scripts.project import CommandError
from scripts.stacks import release as terraform_release

TERRAFORM = """#!/bin/sh
case "$1" in
  output) echo '{{}}' ;;
  apply)
    echo "$AWS_ENDPOINT_URL" >> {applies}
    if [ "$(wc -l < {applies})" -le {failures} ]; then
      echo '{{"type": "diagnostic", "diagnostic": {{"severity": "error", "summary": "Archive orders exists already"}}}}'
      exit 1
    fi ;;
esac
"""


@pytest.fixture
def applies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of applies, a line each with the endpoint they went to; snapshots and runs are in the test's folder."""
    monkeypatch.setattr(local_stack, "GOLDEN", tmp_path / "golden")
    monkeypatch.setattr(local_stack, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(terraform_release, "binary", lambda: tmp_path / "terraform")
    return tmp_path / "applies"


def _terraform(applies: Path, *, failures: int) -> None:
    """Put a Terraform in place whose first `failures` applies fail."""
    script = applies.with_name("terraform")
    script.write_text(TERRAFORM.format(applies=applies, failures=failures))
    script.chmod(0o755)


def test_a_failed_deployment_starts_over_on_a_fresh_local_aws(applies: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _terraform(applies, failures=1)

    with local_stack.deployed() as deployment:
        assert deployment.aws.client("sqs").list_queues().get("QueueUrls", []) == []

    first, second = applies.read_text().splitlines()
    assert first != second
    assert "Archive orders exists already\nIt starts over once, on a fresh local AWS." in capfd.readouterr().out


def test_it_starts_over_once_only(applies: Path) -> None:
    _terraform(applies, failures=2)

    with pytest.raises(CommandError, match="Archive orders exists already"), local_stack.deployed():
        pass

    assert len(applies.read_text().splitlines()) == 2
    assert [path for path in local_stack.GOLDEN.iterdir() if path.is_dir()] == []
