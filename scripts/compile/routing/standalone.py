"""The routing compiler as one file, for repositories that use this one as a module (docs/deploy.md).

``python infra-events-routing.pyz FILE`` does what ``make routing-check FILE=…`` does here, and writes dist/routing in
the current folder. The archive has this project's code and data. The packages that it needs are not in it, since some
are compiled for one platform.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

OLDEST = (3, 11)
PINS = "requirements.txt"
"""The file in the archive with the packages that it needs, each with the version that the release was tested with."""

USAGE = "usage: python infra-events-routing.pyz FILE"


def main() -> None:
    """Check, test and compile the routing file on the command line, and exit with the status of routing-check."""
    if sys.version_info < OLDEST:
        sys.exit(f"error: this is Python {sys.version.split()[0]}, and Python 3.11 or newer is needed")
    match sys.argv[1:]:
        case ["-h" | "--help"]:
            print(USAGE)
        case [file] if not file.startswith("-"):
            _compile(Path(__file__).parent, file)
        case _:
            print(USAGE, file=sys.stderr)
            sys.exit(2)


def _compile(archive: Path, file: str) -> None:
    """Run the compiler from a folder of files: it reads its schemas and the catalogue beside its code."""
    with zipfile.ZipFile(archive) as packed, tempfile.TemporaryDirectory(prefix="infra-events-routing.") as folder:
        packed.extractall(folder)
        sys.path[:0] = [folder, f"{folder}/functions", f"{folder}/shared"]
        pins = " ".join(packed.read(PINS).decode().split())
        try:
            from scripts import project  # noqa: PLC0415 - it is in the archive

            project.DIST = Path.cwd() / "dist"
            from scripts.compile.routing.check import routing_check  # noqa: PLC0415 - the same
        except ModuleNotFoundError as error:
            sys.exit(f"error: there is no Python package {error.name}: {sys.executable} -m pip install {pins}")
        project.run(lambda: routing_check.main(["--file", file], prog_name=archive.name, standalone_mode=False))


if __name__ == "__main__":
    main()
