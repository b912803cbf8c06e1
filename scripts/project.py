"""What every command of this project shares: its folders, one-line failures, folders replaced as a whole."""

import fcntl
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
DIST = ROOT / "dist"

INTERRUPTED = 130
"""The exit status a shell gives to a command that Ctrl-C ended."""


class CommandError(click.ClickException):
    """A failure that the person at the keyboard can fix: exit status 1; the message is one line and names the fix."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message."""
        click.echo(f"error: {self.message}", file=file, err=True)


class UsageError(CommandError):
    """A command line that asks for something that does not exist: exit status 2, as for an unknown option."""

    exit_code = 2


def run(command: Callable[[], int | None]) -> None:
    """Run a command line and exit with its status; a CommandError is one line, Ctrl-C is status 130."""
    # SIGTERM acts as Ctrl-C does, so that what a command started is stopped and what it half made is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(command())
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


def shown(file: Path) -> str:
    """Return a file's name for a person: from the project's folder where it is in there."""
    return str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``folder`` when the block ends well, and vanishes otherwise."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield draft
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time into the block; the others wait. A lock dies with its process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file that is either the old one or the new one, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.draft")
    draft.write_bytes(content)
    draft.chmod(mode)
    draft.replace(file)
