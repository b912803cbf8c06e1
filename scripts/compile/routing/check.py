"""Checks, tests and compiles routing files: `make routing-check` (docs/routing.md).

Nothing else reads their YAML: functions and Terraform read what is compiled here. What does not pass its own tests is
not compiled.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from infra_events.routing import compiled as routing_wire
from scripts import environments, project
from scripts.compile.routing import cases as routing_tests
from scripts.compile.routing.file import RoutingFile
from scripts.compile.yaml_file import FindingError
from scripts.project import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra_events.routing.model import Routing
    from scripts.compile.routing.cases import Result

COMPILED = project.DIST / "routing"
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file without errors, as far as it was read: `compiled` is empty where a test failed."""

    warnings: Sequence[FindingError]
    results: Sequence[Result]
    errors: Sequence[FindingError] = field(default_factory=tuple)
    compiled: bytes = b""


def compiled(file: Path) -> bytes:
    """Return what the functions and Terraform read of a file: the same bytes for the same file.

    Raises CommandError with all that is wrong, failed tests too.
    """
    document, errors = _compiled(_opened(file))[:2]
    if errors:
        raise CommandError("\n       ".join(str(error) for error in errors))
    return document


def read(file: Path) -> Routing:
    """Return a file's routing as the functions have it. Raises CommandError."""
    return _read(compiled(file))


def check(file: Path) -> Checked:
    """Return all there is to say about a file, whatever is wrong in it. Raises CommandError where it cannot be read."""
    try:
        source = _opened(file)
    except FindingError as error:
        return Checked(warnings=(), results=(), errors=(error,))
    document, errors, results = _compiled(source)
    warnings = source.warnings if not source.errors else ()
    return Checked(warnings=warnings, results=results, errors=errors, compiled=b"" if errors else document)


def _opened(file: Path) -> RoutingFile:
    try:
        return RoutingFile(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise CommandError(f"{file} is nested too deep, or within itself") from error


def _compiled(source: RoutingFile) -> tuple[bytes, Sequence[FindingError], Sequence[Result]]:
    """Return a file's compiled form, its errors, and what became of its tests."""
    if source.errors:
        return b"", source.errors, ()
    document = f"{json.dumps(source.document(), indent=1, sort_keys=True, ensure_ascii=False)}\n".encode()
    results = routing_tests.run(source.content.get("tests", []), _read(document))
    failures = [
        source.complaint(
            ("tests", index), f"{result.name}: {'; '.join(result.wrong)} (because {result.decision.reason})"
        )
        for index, result in enumerate(results)
        if result.wrong
    ]
    return document, failures, results


def _read(document: bytes) -> Routing:
    return routing_wire.read(document.decode(), digest=hashlib.sha256(document).hexdigest()[:_DIGITS])


def _files(environment: str, file: Path | None) -> list[Path]:
    if file:
        return [file]
    known = {name: environments.files(name).routing for name in environments.names()}
    if not environment:
        return list(known.values())
    if environment not in known:
        raise UsageError(f"there is no environment {environment}; there is {', '.join(known)}")
    return [known[environment]]


def _environment(file: Path) -> str | None:
    """Return the name of the environment that has ``file`` as its routing, None for any other file."""
    return file.parent.name if file == environments.files(file.parent.name).routing else None


def _show(file: Path, checked: Checked, console: Console) -> None:
    """Print what was found in a file, and each of its tests."""
    folder = f"{environment}/" if (environment := _environment(file)) else ""
    for error in checked.errors:
        console.print(f"[red]error[/]   {escape(f'{folder}{error}')}")
    for warning in checked.warnings:
        console.print(f"[yellow]warning[/] {escape(f'{folder}{warning}')}")
    for result in checked.results:
        mark = "[red]failed[/] " if result.wrong else "[green]passed[/] "
        console.print(f"{mark} {escape(f'{folder}{file.name}: {result.name}')}")


def main() -> None:
    """Check files, show what was found, and write what is compiled, if all is well."""
    parser = argparse.ArgumentParser(prog="make routing-check", description="Check, test and compile routing files.")
    parser.add_argument("--env", default="", help="one environment; otherwise all there are")
    parser.add_argument("--file", type=Path, help="any file")
    asked = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    checked = {file: check(file) for file in _files(asked.env, asked.file)}
    for file, one in checked.items():
        _show(file, one, console)
    files = _counted(len(checked), "file")
    if errors := sum(len(one.errors) for one in checked.values()):
        raise CommandError(f"{_counted(errors, 'error')} in {files}; nothing was compiled")
    for file, one in checked.items():
        name = _environment(file) or file.name.removesuffix(".yaml").removesuffix(".routing")
        project.write(COMPILED / f"{name}.json", one.compiled)
    tests = _counted(sum(len(one.results) for one in checked.values()), "test")
    console.print(f"{files} checked, {tests} passed; compiled to dist/routing.")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


if __name__ == "__main__":
    project.run(main)
