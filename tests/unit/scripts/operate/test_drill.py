"""Drills: an instance's states are those of the catalogue."""

import click
import pytest

from scripts.local import stack as local_stack
from scripts.operate.account import instance_states
from scripts.operate.drill import drill
from scripts.project import UsageError


def test_the_states_and_their_words_are_the_catalogues() -> None:
    states = instance_states()
    assert list(states) == ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"]
    assert states["stopped"] == "has stopped"


def test_a_state_that_ec2_does_not_report_is_wrong_usage() -> None:
    with pytest.raises(click.UsageError, match="'asleep' is not one of pending, running") as error:
        drill.main(["--state", "asleep", "--name", "web-1"], standalone_mode=False)
    assert error.value.exit_code == 2


def test_without_a_deployment_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_stack, "running", lambda: None)
    with pytest.raises(UsageError, match=r"^nothing is running: run `make up`, or name ENV=…$"):
        drill.main(["--state", "stopped", "--name", "web-1"], standalone_mode=False)
