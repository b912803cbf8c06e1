"""The command line: its verbs, their help, their exit statuses."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from scripts import __main__ as command_line
from scripts import project
from scripts.project import CommandError, UsageError

PLACES = {verb: place for group in command_line.VERBS.values() for verb, place in group.items()}


@pytest.mark.parametrize("verb", PLACES)
def test_every_verb_is_a_command_that_explains_itself_and_its_options(verb: str) -> None:
    command = command_line.load(PLACES[verb])
    assert isinstance(command, click.Command)
    assert command.name == verb
    assert command.get_short_help_str()
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["infra-events", *arguments])
    with pytest.raises(SystemExit) as stopped:
        project.run(command_line.main)
    return stopped.value.code


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> object:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(command_line, "load", lambda _place: failing)
    return run(monkeypatch, "up")


def test_help_lists_every_verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") in {None, 0}
    shown = capsys.readouterr().out
    listed = [line.split()[0] for line in shown.splitlines() if line.startswith("  ") and line.split()]
    assert set(PLACES) <= set(listed)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["fly"], "No such command 'fly'"),
        (["plan"], "Missing option '--env'"),
        (["plan", "--env"], "Option '--env' requires an argument"),
        (
            ["plan", "--env", "a", "--stack", "sandcastle"],
            "'sandcastle' is not a stack; there is bootstrap, notifications",
        ),
        (["plan", "--env", "nowhere"], "ENV=nowhere is not an environment"),
        (["up", "--high"], "No such option '--high'"),
    ],
)
def test_wrong_usage_is_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert problem in shown.err


def test_a_failure_is_status_1_and_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(monkeypatch, CommandError("install it")) == 1
    assert capsys.readouterr() == ("", "error: install it\n")


def test_wrong_usage_that_a_verb_finds_is_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail(monkeypatch, UsageError("there is no bus")) == 2
    assert capsys.readouterr() == ("", "error: there is no bus\n")


def test_ctrl_c_is_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(monkeypatch, KeyboardInterrupt()) == project.INTERRUPTED
    assert capsys.readouterr().err.strip() == "interrupted"


def test_a_verb_loads_no_other(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['infra-events', 'down', '--help']\n"
        f"sys.path.insert(0, {str(project.ROOT)!r})\n"
        "from scripts import __main__\n"
        "__main__.main()\n"
        "print(sorted(name for name in sys.modules if name.startswith('scripts.')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "'scripts.local.stack'" in loaded
    assert "'scripts.demo" not in loaded
    assert "'scripts.operate" not in loaded
    assert "'scripts.stacks.deploy'" not in loaded
