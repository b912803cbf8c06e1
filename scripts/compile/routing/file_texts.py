"""What no text of a file may hold, whatever it is for: secrets, line breaks, control characters."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from scripts.compile.secret_texts import secret_kind
from scripts.compile.violations import Problem, ValuePath
from scripts.compile.yaml_file import FindingError, YamlFile

_UNPRINTABLE = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Control characters, halves of surrogate pairs, line and paragraph separators: Unicode's general categories."""


def secrets(source: YamlFile) -> Iterator[FindingError]:
    """Yield the lines, comments too, that look as if they contained a secret."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        if kind := secret_kind(line):
            message = f"this looks like {kind} (keep it in Secrets Manager; name it here)"
            yield FindingError(source.name, number, message)


def unprintable_texts(source: YamlFile) -> Iterator[Problem]:
    """Yield texts, keys too, with line breaks or control characters."""
    for path, value in _all_texts(source.content, ()):
        if any(unicodedata.category(character) in _UNPRINTABLE for character in value):
            yield Problem(path=path, message="a text has one line, and no control characters")


def _all_texts(value: Any, path: ValuePath) -> Iterator[tuple[ValuePath, str]]:
    """Yield every text in a value, keys too, each with its path."""
    if isinstance(value, str):
        yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if isinstance(key, str):
            yield (*path, key), key
        yield from _all_texts(part, (*path, key))
