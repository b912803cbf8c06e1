"""The routing compiler as one file: the modules that it imports, schemas, catalogue, and the versions that it needs."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.project import CommandError

START = "scripts.compile.routing.standalone"
ROOTS = ("", "functions", "shared")
"""The folders whose packages are imported by name."""

DATA = (
    "docs/schemas/accounts.json",
    "docs/schemas/catalogue.json",
    "docs/schemas/routing.json",
    "functions/aws_service_event_handler/catalogue/*.yaml",
)
PACKAGES = {"click": "click", "jmespath": "jmespath", "jsonschema": "jsonschema", "rich": "rich", "yaml": "pyyaml"}
"""Third-party packages by the name under which they are imported."""


def entries(root: Path) -> dict[str, bytes]:
    """Return the files of the archive by name, which is that in the repository; Python runs ``__main__.py``.

    Raises CommandError when the compiler imports something that is neither this project's, nor Python's, nor pinned.
    """
    modules, needed = _reached(root)
    files = modules | {file for pattern in DATA for file in root.glob(pattern)}
    packed = {file.relative_to(root).as_posix(): file.read_bytes() for file in files}
    start = packed[f"{START.replace('.', '/')}.py"]
    return packed | {"__main__.py": start, "requirements.txt": "".join(_pins(root, needed)).encode()}


def _reached(root: Path) -> tuple[set[Path], set[str]]:
    """Return the project's modules that the compiler imports, and the names of all other packages that these import."""
    reached, others, waiting = set[Path](), set[str](), [START]
    while waiting:
        name = waiting.pop()
        found = _files(root, name)
        others |= set() if found else {name.partition(".")[0]}
        for file in found - reached:
            reached.add(file)
            waiting += _imported(file)
    return reached, others


def _files(root: Path, name: str) -> set[Path]:
    """Return the file of a module or of one that has it as an attribute, and the packages that it is in."""
    parts = name.split(".")
    places = [root / top / "/".join(parts[:count]) for top in ROOTS for count in range(1, len(parts) + 1)]
    candidates = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return {file for file in candidates if file.is_file()}


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes(), file)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)


def _pins(root: Path, needed: set[str]) -> Iterator[str]:
    """Yield a line for each package of ``needed`` that is not Python's."""
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (root / "requirements" / "dev.txt").read_text(), re.MULTILINE))
    for name in sorted(needed):
        if name in PACKAGES:
            yield f"{PACKAGES[name]}=={pinned[PACKAGES[name]]}\n"
        elif name not in sys.stdlib_module_names:
            raise CommandError(
                f"the routing compiler imports {name}, of which scripts/build/routing_tool.py knows nothing"
            )
