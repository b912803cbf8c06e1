"""Checks, tests and compiles routing files: ``make routing-check`` (docs/routing.md).

Nothing else reads their YAML: functions and Terraform read what is compiled here. A file of which a test fails
is not compiled.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from infra_events.routing import compiled as compiled_form
from infra_events.routing.model import Routing
from scripts import environments, options, project
from scripts.compile.routing import cases, checks
from scripts.compile.routing.cases import CaseResult
from scripts.compile.routing.document import document
from scripts.compile.routing.file import RoutingFile, display_name
from scripts.compile.yaml_file import FindingError
from scripts.project import CommandError, UsageError

COMPILED = project.DIST / "routing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in a file; ``compiled`` is empty unless there are no errors, failed tests included."""

    errors: Sequence[FindingError] = ()
    warnings: Sequence[FindingError] = ()
    results: Sequence[CaseResult] = ()
    compiled: bytes = b""


def check(file: Path) -> Checked:
    """Return what is found in a file, warnings too. Raises CommandError where it cannot be read."""
    try:
        source = _parsed(file)
    except FindingError as error:
        return Checked(errors=[error])
    if errors := checks.errors(source):
        return Checked(errors=errors)
    return replace(_tested(source), warnings=checks.warnings(source))


def compiled(file: Path) -> bytes:
    """Return what the functions and Terraform read of a file: the same bytes for the same file.

    Raises CommandError with everything that is wrong, failed tests too.
    """
    source = _parsed(file)
    errors = checks.errors(source)
    checked = Checked(errors=errors) if errors else _tested(source)
    if checked.errors:
        raise CommandError("\n       ".join(str(error) for error in checked.errors))
    return checked.compiled


def read(file: Path) -> Routing:
    """Return a file's routing as the functions have it. Raises CommandError."""
    return _read(compiled(file))


@click.command("routing-check")
@click.option("--env", "environment", metavar="ENV", help="A folder of terraform/environments. Without it: all.")
@options.file
def routing_check(environment: str | None, file: Path | None) -> None:
    """Check, test and compile routing files.

    Shows findings and each test, and writes dist/routing/ENV.json. An error in one file keeps all from being written.
    """
    console = Console(soft_wrap=True, highlight=False)
    checked = {name: (path, check(path)) for name, path in _files(environment, file).items()}
    for path, found in checked.values():
        _show(path, found, console)
    files = _counted(len(checked), "file")
    if errors := sum(len(found.errors) for _, found in checked.values()):
        raise CommandError(f"{_counted(errors, 'error')} in {files}; nothing was compiled")
    for name, (_, found) in checked.items():
        project.write(COMPILED / f"{name}.json", found.compiled)
    tests = _counted(sum(len(found.results) for _, found in checked.values()), "test")
    console.print(f"{files} checked, {tests} passed; compiled to dist/routing.")


def _parsed(file: Path) -> RoutingFile:
    try:
        return RoutingFile(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error


def _tested(source: RoutingFile) -> Checked:
    """Run the tests of a file without other errors; it is compiled if all pass."""
    written = compiled_form.write(document(source))
    results = cases.run(source.content.get("tests", []), _read(written))
    failures = [
        source.finding(
            ("tests", index), f"{result.name}: {'; '.join(result.differences)} (because {result.decision.reason})"
        )
        for index, result in enumerate(results)
        if result.differences
    ]
    return Checked(errors=failures, results=results, compiled=b"" if failures else written)


def _read(written: bytes) -> Routing:
    return compiled_form.read(written.decode(), digest=hashlib.sha256(written).hexdigest())


def _files(environment: str | None, file: Path | None) -> dict[str, Path]:
    """Return the files to check, each with the name of its compiled file."""
    if file:
        return {file.name.removesuffix(".yaml").removesuffix(".routing"): file}
    known = {name: path for name in environments.names() if (path := environments.files(name).routing).exists()}
    if not environment:
        return known
    if environment not in known:
        raise UsageError(f"there is no routing of an environment {environment!r}; there is {', '.join(known)}")
    return {environment: known[environment]}


def _show(file: Path, found: Checked, console: Console) -> None:
    """Print what was found in a file, and each of its tests."""
    for error in found.errors:
        console.print(f"[red]error[/]   {escape(str(error))}")
    for warning in found.warnings:
        console.print(f"[yellow]warning[/] {escape(str(warning))}")
    for result in found.results:
        mark = "[red]failed[/] " if result.differences else "[green]passed[/] "
        console.print(f"{mark} {escape(f'{display_name(file)}: {result.name}')}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
