"""Events out of files, whatever wrote them: EventBridge, Firehose, CloudWatch Logs, CloudTrail, SNS, SQS or a person.

A file of any name is read by its content: JSON values one after the other, in lists, or one a line, compressed or not.
Only ``.ndjson`` and ``.jsonl`` are read line by line; of all others one file at a time is in memory. The original text
of each event is kept, for that is what a function would receive; so the text is cut, not parsed and written anew.
"""

import gzip
import io
import json
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, cast

from infra_events.domain.text import one_line
from scripts.analyse import envelopes, json_values
from scripts.analyse.json_values import Problem
from scripts.project import CommandError

LINES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
SUFFIXES = (".json", ".json.gz", *LINES)
"""Names of files that are always read; one with another name has to begin as events do."""

SHOWN = 20
"""How many problems are named one by one."""
LINE = 300
"""How many characters of a problem are shown."""

_ERRORS = (OSError, EOFError, zlib.error)
_GZIP = b"\x1f\x8b"
_MOST_LAYERS = 3
"""How often a file may be compressed: a log's subscription compresses, and so may the Firehose stream behind it."""
_CHUNK = 1024 * 1024
_HEAD = 4096
_BEGINNING = re.compile(rb'(?:\d{4}-\d\d-\d\dT[\d:.]+Z[ \t]+)?(?:\{\s*(?:"|\Z)|\[\s*(?:[\[{"]|\Z))')
"""How events begin: an object or a list, perhaps after the time that CloudWatch Logs writes before it."""
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-8, and of UTF-16 and UTF-32."""
_FOREIGN = {b"PK\x03\x04": "a ZIP archive", b"\x28\xb5\x2f\xfd": "compressed with Zstandard", b"PAR1": "Parquet"}
_WRONG_BYTE = re.compile("[\udc80-\udcff]")


class ForeignError(OSError):
    """A file of a format that is not read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One position of a file: what a function would receive, None where nothing is, and what is wrong, if anything is.

    ``problem`` names the place in the file.
    """

    body: str | None
    line: int
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files below a folder by their names there, in order: those with events, and names of those without any."""

    files: list[tuple[str, Path]]
    skipped: list[str]


def listing(path: Path, report: Path | None = None) -> Listing:
    """Return the files below ``path``, but for ``report``; a file that is named itself is always read.

    Links to folders are followed, and no folder is entered twice.
    """
    if not path.is_dir():
        return Listing(files=[(path.name, path)], skipped=[])
    seen: set[str] = set()
    found: list[Path] = []
    for folder, folders, names in os.walk(path, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        found += [Path(folder, name) for name in names]
    named = [(file.relative_to(path).as_posix(), file) for file in sorted(found)]
    if report:
        named = [(name, file) for name, file in named if file.resolve() != report.resolve()]
    holding = [(name, file) for name, file in named if _holds_events(file)]
    return Listing(files=holding, skipped=sorted({name for name, _ in named} - {name for name, _ in holding}))


def pieces(file: Path) -> Iterator[Piece]:
    """Yield every event of a file, and every problem at the place of one. Raises nothing."""
    line = 1
    try:
        with file.open("rb") as raw:
            found = lines(_unpacked(raw)) if file.name.lower().endswith(LINES) else _whole(raw)
            for piece in found:
                line = piece.line
                yield piece
    except _ERRORS as error:
        yield Piece(body=None, line=line, problem=_why(error))


def of_stdin() -> Iterator[Piece]:
    """Yield the same of standard input."""
    try:
        yield from _whole(io.BufferedReader(io.BytesIO(sys.stdin.buffer.read())))
    except _ERRORS as error:
        yield Piece(body=None, line=1, problem=_why(error))


def lines(stream: Iterable[bytes]) -> Iterator[Piece]:
    """Yield every event of a stream of lines, and every problem at the place of one."""
    for number, line in enumerate(stream, start=1):
        if line.strip():
            text = line.rstrip(b"\r\n").decode("utf-8-sig", errors="surrogateescape")
            found = _pieces(text, number)
            first = next(found, None)
            if first is None and text.lstrip().startswith("["):
                first = Piece(body=text, line=number)  # an empty list is no event, which the function has to judge
            yield from chain([first] if first else [], found)


def documents(data: bytes) -> Iterator[Piece]:
    """Yield every event of a text, and every problem at the place of one."""
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding, errors="surrogateescape" if encoding.startswith("utf-8") else "strict")
    except UnicodeDecodeError as error:
        yield Piece(body=None, line=1, problem=f"this is not {error.encoding.upper()}")
        return
    if text.strip():
        yield from _pieces(text)
    else:
        yield Piece(body=None, line=1, problem="there is nothing in it")


def unreadable(problems: Sequence[str]) -> CommandError:
    """Return the error that names what could not be read; of many pieces the first."""
    more = len(problems) - SHOWN
    named = [one_line(problem, LINE) for problem in problems[:SHOWN]] + ([f"… and {more:,} more"] if more > 0 else [])
    counted = "1 piece" if len(problems) == 1 else f"{len(problems):,} pieces"
    heading = f"{counted} could not be read (docs/backtest.md lists what can be)"
    return CommandError("\n       ".join([heading, *named]))


def _why(error: Exception) -> str:
    return f"cannot be read: {(error.strerror if isinstance(error, OSError) else '') or error}"


def _holds_events(file: Path) -> bool:
    """Return whether a file of a folder is to be read: by its name, or else by how it begins."""
    if file.name.lower().endswith(SUFFIXES):
        return True
    if not file.is_file():
        return False
    try:
        with file.open("rb") as raw:
            head = _unpacked(raw).read(_HEAD)
    except ForeignError:
        return False
    except _ERRORS:
        return True  # so that it is named as unreadable
    text = head.removeprefix(_MARKS[0])
    return head.startswith(_MARKS[1:]) or _BEGINNING.match(text.lstrip()) is not None


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """Return what a stream contains, unpacked where it is compressed. Raises an error of ``_ERRORS``."""
    stream, head = raw, cast("io.BufferedReader", raw).peek(4)[:4]
    for mark, kind in _FOREIGN.items():
        if head == mark:
            raise ForeignError(f"it is {kind}: unpack it first")
    for _ in range(_MOST_LAYERS):
        if not head.startswith(_GZIP):
            break
        unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
        head, stream = unpacked.peek(2)[:2], cast("IO[bytes]", unpacked)
    return stream


def _whole(raw: IO[bytes]) -> Iterator[Piece]:
    """Yield the events of a stream that fits into memory. Raises an error of ``_ERRORS`` after what is before it."""
    data, broken = _read(_unpacked(raw))
    last = None
    for piece in documents(data) if data or not broken else ():
        if last:
            yield last
        last = piece
    if last and last.problem and broken:
        last, broken = replace(last, problem=f"{last.problem} ({_why(broken)})"), None
    if last:
        yield last
    if broken:
        raise broken


def _read(stream: IO[bytes]) -> tuple[bytes, Exception | None]:
    """Return what a stream holds, and the error with which it ends, if it does: what is before it counts."""
    parts: list[bytes] = []
    try:
        while part := cast("gzip.GzipFile", stream).read1(_CHUNK):
            parts.append(part)
    except _ERRORS as error:
        return b"".join(parts), error
    return b"".join(parts), None


def _pieces(text: str, first_line: int = 1) -> Iterator[Piece]:
    """Yield the events of a text whose first line has this number. Bytes that are no UTF-8 are halves of surrogates."""
    line, counted, has_wrong_bytes = first_line, 0, bool(_WRONG_BYTE.search(text))

    for found in json_values.values(text):
        line, counted = line + text.count("\n", counted, found.start), found.start
        part = text[found.start : found.end]
        wrong = found.problem
        if has_wrong_bytes and not wrong and (byte := _WRONG_BYTE.search(part)):
            wrong = Problem(found.start + byte.start(), "this is not UTF-8")
        if wrong:
            line_of = line + text.count("\n", found.start, wrong.position)
            column = wrong.position - text.rfind("\n", 0, wrong.position)
            body = part.rstrip().encode(errors="surrogateescape").decode(errors="replace")
            problem = f"line {line_of} column {column}: {wrong.message}"
            yield Piece(body=body or None, line=line, problem=problem)
            continue
        for inner in envelopes.bodies(part, found.value):
            problem = f"line {line}, {inner.place}: {inner.problem}" if inner.problem else ""
            yield Piece(body=inner.text, line=line, problem=problem)
