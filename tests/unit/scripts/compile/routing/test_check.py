"""``make routing-check``: what it shows and writes, and the same bytes for the same file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra_events.routing import compiled
from scripts import environments
from scripts.compile.routing import check as routing
from scripts.project import CommandError
from tests.support.routing_file import BASE, changed


def test_the_same_file_is_the_same_bytes_and_can_be_read(file: Path) -> None:
    first = routing.compiled(file)
    assert routing.compiled(file) == first
    assert compiled.read(first.decode(), "d").owners.keys() == {"payments", "search"}
    assert routing.read(file).digest == hashlib.sha256(first).hexdigest()[:12]


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none.yaml cannot be read: No such file"):
        routing.compiled(tmp_path / "none.yaml")


def test_what_holds_itself_is_one_line_too(file: Path) -> None:
    file.write_text("routes: &all [*all]")
    with pytest.raises(CommandError, match=r"a.routing.yaml:1: the file is nested too deep, or within itself"):
        routing.compiled(file)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of two environments, a and b; what is compiled goes to ``dist`` beside it."""
    folder = tmp_path / "environments"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "routing.yaml").write_text(BASE)
    monkeypatch.setattr(environments, "ENVIRONMENTS", folder)
    monkeypatch.setattr(routing, "COMPILED", tmp_path / "dist")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(routing.routing_check, [str(argument) for argument in arguments])


def written(tmp_path: Path) -> Sequence[str]:
    return sorted(file.name for file in (tmp_path / "dist").glob("*"))


def test_the_check_shows_each_test_and_writes_what_is_well(folder: Path, tmp_path: Path) -> None:
    done = run()
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[:2] == ["passed  a/routing.yaml: t1", "passed  a/routing.yaml: t2"]
    assert lines[-1] == "2 files checked, 4 tests passed; compiled to dist/routing."
    assert (tmp_path / "dist" / "a.json").read_bytes() == routing.compiled(folder / "a" / "routing.yaml")
    assert written(tmp_path) == ["a.json", "b.json"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("set: error", "set: x", "error   a/routing.yaml:12: "),
        ("set: error", "set: warn", "failed  a/routing.yaml: t2"),
        ("version: 1", "version: [", "error   a/routing.yaml:3: "),
    ],
)
def test_nothing_is_written_of_any_file_unless_all_is_well(
    folder: Path, tmp_path: Path, old: str, new: str, shown: str
) -> None:
    changed(folder / "a" / "routing.yaml", old, new)
    done = run()
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "error: 1 error in 2 files; nothing was compiled"
    assert shown in done.output
    assert written(tmp_path) == []
    assert run("--env", "b").exit_code == 0
    assert written(tmp_path) == ["b.json"]


def test_an_environment_that_is_none_is_named(folder: Path) -> None:
    (folder / "without").mkdir()
    for name in ("c", "without"):
        done = run("--env", name)
        assert done.exit_code == 2
        assert done.output == f"error: there is no routing of an environment {name!r}; there is a, b\n"


@pytest.mark.usefixtures("folder")
def test_any_file_can_be_checked(file: Path, tmp_path: Path) -> None:
    assert "passed  a.routing.yaml: t1" in run("--file", file).output
    assert written(tmp_path) == ["a.json"]
    assert run("--file", tmp_path / "none.yaml").exit_code == 2
