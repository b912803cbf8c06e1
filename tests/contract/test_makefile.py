"""The Makefile is a front door: it has every verb and every option of the command line, and keeps arguments whole."""

import re
import shlex
import subprocess
from collections.abc import Mapping

import click
import pytest

from scripts import __main__ as command_line
from scripts import project

PLACES = {verb: place for group in command_line.VERBS.values() for verb, place in group.items()}
OLD = ("--assume-old=.venv/.ready", "--assume-old=.cache/lint/.ready")
"""The environments that a target needs: a test makes none, which would take the place of the one that it runs in."""

MAKEFILE = (project.ROOT / "Makefile").read_text(encoding="utf-8")


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    settings = [f"{name}={value}" for name, value in variables.items()]
    command = ["make", *OLD, *arguments, *settings]
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=project.ROOT, env=environment, capture_output=True, text=True, check=False)


def called(verb: str, variables: Mapping[str, str]) -> list[str]:
    """The arguments that `make VERB` would give to the command line."""
    dry = make("--dry-run", verb, **variables)
    assert dry.returncode == 0, dry.stderr
    _, _, arguments = dry.stdout.partition(f"-m scripts {verb}")
    return shlex.split(arguments.replace("\\\n", " "))


def recipe(verb: str) -> str:
    found = re.search(rf"^{verb}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, f"make {verb} is missing"
    return found[1].replace("$(DEPLOYMENT)", "$(ENVIRONMENT) STACK").replace("$(ENVIRONMENT)", "ENV")


@pytest.mark.parametrize("verb", PLACES)
def test_every_option_of_a_verb_is_reached_through_make(verb: str) -> None:
    variables = set(re.findall(r"\b[A-Z][A-Z_]+\b", recipe(verb))) - {"RUN"}
    arguments = called(verb, dict.fromkeys(variables, "1")) + called(verb, dict.fromkeys(variables, "none"))
    command = command_line.load(PLACES[verb])
    missing = [
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not set(parameter.opts) & set(arguments)
    ]
    assert missing == []
    assert ("--" in arguments) >= any(isinstance(it, click.Argument) and it.required for it in command.params)


@pytest.mark.parametrize("verb", PLACES)
def test_what_is_not_given_is_not_passed(verb: str) -> None:
    required = re.findall(r"call need,([A-Z]+)", recipe(verb))
    arguments = called(verb, dict.fromkeys(required, "1"))
    assert len([argument for argument in arguments if argument != "--"]) <= 2 * len(required)


@pytest.mark.parametrize(
    ("verb", "given", "missing"),
    [
        ("plan", {}, "ENV"),
        ("apply", {"STACK": "notifications"}, "ENV"),
        ("drift", {}, "ENV"),
        ("destroy", {}, "ENV"),
        ("drill", {"STATE": "stopped"}, "NAME"),
        ("publish", {}, "EVENTS"),
        ("replay", {"FROM": "2026-01-31T12:00:00Z"}, "TO"),
        ("replay", {"TO": "2026-01-31T12:00:00Z"}, "FROM"),
        ("explain", {"ROUTING": "a.yaml"}, "EVENT"),
        ("backtest", {}, "EVENTS"),
    ],
)
def test_a_missing_variable_is_status_2_and_a_line(verb: str, given: dict[str, str], missing: str) -> None:
    stopped = make(verb, **given)
    assert stopped.returncode == 2
    assert stopped.stdout == ""
    assert re.fullmatch(rf"Makefile:\d+: \*\*\* {missing}=… is missing: .*\n", stopped.stderr)


@pytest.mark.parametrize("name", ["web 1", "it's", "a; b", '"', "`id`", "a && b", "*", "\\"])
def test_an_argument_reaches_the_command_line_as_it_is(name: str) -> None:
    assert called("drill", {"STATE": "stopped", "NAME": name}) == ["--state", "stopped", "--name", name]


def test_a_tag_is_an_option() -> None:
    given = {"EVENT": "-", "ROUTING": "a b.yaml", "TAGS": "Owner=pay Name=it's"}
    expected = ["--event", "-", "--routing", "a b.yaml", "--tag", "Owner=pay", "--tag", "Name=it's"]
    assert called("explain", given) == expected
    assert called("explain", given | {"TAGS": "none"}) == [*expected[:4], "--no-tags"]


def test_help_shows_every_verb_in_its_group() -> None:
    shown = make("help").stdout
    targets = re.findall(r"^([a-z-]+):.* ## ", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^  make ([a-z-]+) ", shown, re.MULTILINE) == targets
    assert set(PLACES) <= set(targets)
    assert len(re.findall(r"^\w.*", shown, re.MULTILINE)) == 1 + len(command_line.VERBS)
