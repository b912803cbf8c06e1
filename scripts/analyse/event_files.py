"""Events out of files: ``.json`` holds them one after the other or in arrays, ``.ndjson`` and ``.jsonl`` one a line.

All may be compressed (``.gz``). At most one file, or one line, is in memory at a time. The original text of each event
is kept, for that is what a function would receive; so the text is cut, not parsed and written anew.
"""

import gzip
import json
import os
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

LINES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
SUFFIXES = (".json", ".json.gz", *LINES)

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


class BrokenError(Exception):
    """Something in a file that is no event; the message begins with its line and column."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line} column {column}: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One position of a file: the text of an event, or what is wrong there. A line that is wrong has both."""

    body: str | None
    problem: BrokenError | None = None
    line: int


def files(path: Path, report: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield every file of events below ``path`` by its name there, in order, but for ``report``.

    Links to folders are followed, and no folder is entered twice.
    """
    if not path.is_dir():
        yield path.name, path
        return
    seen: set[str] = set()
    found: list[Path] = []
    for folder, folders, names in os.walk(path, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        found += [Path(folder, name) for name in names if name.lower().endswith(SUFFIXES)]
    for file in sorted(found):
        if report is None or file.resolve() != report.resolve():
            yield file.relative_to(path).as_posix(), file


def pieces(file: Path) -> Iterator[Piece]:
    """Yield every event of a file, and every problem at the place of one. Raises OSError, EOFError or zlib.error."""
    with _opened(file) as stream:
        yield from lines(stream) if file.name.lower().endswith(LINES) else documents(stream.read())


def lines(stream: Iterable[bytes]) -> Iterator[Piece]:
    """Yield every event of a stream with one event a line, and every problem at the place of one."""
    stripped = ((number, line.rstrip(b"\r\n")) for number, line in enumerate(stream, start=1))
    yield from (_line(line, number) for number, line in stripped if line.strip())


def documents(data: bytes) -> Iterator[Piece]:
    """Yield every event of a text that holds them one after the other or in arrays, up to the first problem."""
    try:
        yield from _documents(_text(data))
    except json.JSONDecodeError as error:
        yield Piece(body=None, problem=BrokenError(error.lineno, error.colno, error.msg), line=error.lineno)
    except BrokenError as error:
        yield Piece(body=None, problem=error, line=1)


def _opened(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file)) if file.suffix.lower() == ".gz" else file.open("rb")


def _line(line: bytes, number: int) -> Piece:
    """Read one line. One that is no JSON keeps its text, because the function receives and parks it."""
    text = line.decode("utf-8-sig", errors="replace")
    problem = None
    try:
        line.decode()
        json.loads(text)
    except json.JSONDecodeError as error:
        problem = BrokenError(number, error.colno, error.msg)
    except UnicodeDecodeError as error:
        problem = BrokenError(number, error.start + 1, "this is not UTF-8")
    except (RecursionError, ValueError):
        pass  # JSON that Python refuses to read: for the function to judge
    return Piece(body=text, problem=problem, line=number)


def _text(data: bytes) -> str:
    """Decode a whole file: UTF-8, or the UTF-16 and UTF-32 that some shells write. Raises BrokenError."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - before.rfind(b"\n")
        raise BrokenError(before.count(b"\n") + 1, column, f"this is not {error.encoding.upper()}") from error


def _documents(text: str) -> Iterator[Piece]:
    """Yield each JSON value, and each element where that is an array. Raises JSONDecodeError."""
    position = _space(text, 0)
    if position == len(text):
        raise json.JSONDecodeError("there is nothing in it", text, 0)
    line, counted = 1, 0
    for start, end in _values(text, position):
        line, counted = line + text.count("\n", counted, start), start
        yield Piece(body=text[start:end], line=line)


def _values(text: str, position: int) -> Iterator[tuple[int, int]]:
    """Yield where each value, or element, begins and ends."""
    while position < len(text):
        if text[position] == "[":
            position = yield from _elements(text, _space(text, position + 1))
        else:
            end = _end(text, position)
            yield position, end
            position = end
        position = _space(text, position)


def _elements(text: str, position: int) -> Generator[tuple[int, int], None, int]:
    """Yield where each element of an array begins and ends; return where the array ends."""
    if text[position : position + 1] == "]":
        return position + 1
    while True:
        end = _end(text, position)
        yield position, end
        position = _space(text, end)
        if text[position : position + 1] == "]":
            return position + 1
        if text[position : position + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
        position = _space(text, position + 1)


def _space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _end(text: str, position: int) -> int:
    try:
        return _DECODER.raw_decode(text, position)[1]
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:  # nested too deep, or an integer of more than 4300 digits
        raise json.JSONDecodeError(f"Python cannot read this: {error}", text, position) from error
