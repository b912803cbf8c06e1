"""Which rooms of a shared package a program needs: those that its imports reach, and all that these import.

A room is a sub-package, or a module beside the sub-packages. It is carried whole: its templates and data are found
nowhere else, and every module in a zip can be imported there.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def carried(package: Path, importers: Iterable[Path]) -> list[Path]:
    """Return the files of ``package`` that a zip carries for the Python files ``importers``, sorted.

    That is the package's own ``__init__.py`` and every file of each room that is reached. A file that is compiled or
    hidden is not a source.
    """
    reached: set[str] = set()
    waiting = list(_rooms(package, importers))
    while waiting:
        room = waiting.pop()
        if room not in reached:
            reached.add(room)
            waiting += _rooms(package, (file for file in _files(package, room) if file.suffix == ".py"))
    return sorted(file for room in ("__init__", *reached) for file in _files(package, room))


def sources(folder: Path) -> list[Path]:
    """Return every file below ``folder`` that is a source: neither compiled nor hidden."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and not any(part == "__pycache__" or part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _files(package: Path, room: str) -> list[Path]:
    module = package / f"{room}.py"
    return [module] if module.is_file() else sources(package / room)


def _rooms(package: Path, files: Iterable[Path]) -> Iterator[str]:
    """Yield the rooms of ``package`` that ``files`` import, wherever in a file the import stands."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes(), file)):
            match node:
                case ast.Import(names=names):
                    imported = [alias.name for alias in names]
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    imported = [f"{module}.{alias.name}" for alias in names]
                case _:
                    continue
            for name in imported:
                top, _, rest = name.partition(".")
                room = rest.partition(".")[0]
                if top == package.name and ((package / room).is_dir() or (package / f"{room}.py").is_file()) and room:
                    yield room
