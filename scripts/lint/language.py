"""The word list: words that a reader has to translate first, and what to write in their place (docs/glossary.md)."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from scripts import project
from scripts.project import CommandError

WORDS = {
    "told|tells?|telling": "report, name, notify or state",
    "says?|said|saying": "state, name or mean; for a command: run",
    "spared?|spares|sparing": "suppress or save",
    "mend(?:s|ed|ing)?": "fix",
    "spoil(?:s|t|ed)?": "break",
    r"of\s+(?:#\s+)?(?:its|their|your|our|one's|his)\s+(?:#\s+)?own": "dedicated, separate, custom or its",
}
"""Words by pattern, each with a hint at better ones. An underscore ends a word, so names of functions count."""

CONTRACTS = ("as the event says",)
"""Texts of released messages: their bytes stay."""

SUFFIXES = (".py", ".md", ".tf", ".hcl", ".tfvars", ".toml", ".yml", ".yaml", ".sh", ".in", ".service")
NAMES = ("Makefile", "run")
EXCLUDED = (
    "CHANGELOG.md",  # history
    "LICENSE",
    "docs/glossary.md",
    "functions/aws_service_event_handler/catalogue/",  # words of messages, which are contracts
    "scripts/lint/language.py",
    "tests/events/",  # samples, in AWS's words
    "tests/unit/scripts/lint/",
)

_PATTERNS = {re.compile(f"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE): hint for words, hint in WORDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A word of the list, with the line in which it starts."""

    file: str
    line: int
    word: str
    hint: str

    def __str__(self) -> str:
        return f'{self.file}:{self.line}: "{self.word}": write {self.hint}'


def findings(file: str, text: str) -> Iterator[Finding]:
    """Yield every word of the list in the text of a file."""
    for contract in CONTRACTS:
        text = text.replace(contract, "")
    for pattern, hint in _PATTERNS.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(file=file, line=line, word=" ".join(match[0].split()), hint=hint)


def is_checked(file: str) -> bool:
    """Return whether the list applies to a file, by its path from the project's folder."""
    path = Path(file)
    return (path.suffix in SUFFIXES or path.name in NAMES) and not file.startswith(EXCLUDED)


def _files() -> Iterator[str]:
    """Yield the files that git tracks, by their paths from the project's folder."""
    command = ["git", "ls-files", "-z"]
    git = subprocess.run(command, cwd=project.ROOT, capture_output=True, text=True, check=False)
    if git.returncode:
        raise CommandError("the word list checks the files that git tracks, and this is no git checkout")
    yield from filter(None, git.stdout.split("\0"))


@click.command
@click.argument("files", nargs=-1, type=click.Path(path_type=str))
def lint_language(files: tuple[str, ...]) -> None:
    """Check words against the list: in FILES, or in all files that git tracks."""
    found = [
        finding
        for file in files or _files()
        if is_checked(file) and (project.ROOT / file).is_file()
        for finding in findings(file, (project.ROOT / file).read_text(encoding="utf-8"))
    ]
    for finding in found:
        click.echo(finding)
    if found:
        raise CommandError(f"{len(found)} words of the list in scripts/lint/language.py: use those of docs/glossary.md")
