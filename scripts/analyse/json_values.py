"""JSON values out of a text that holds several, one after the other or in lists, with or without lines between them.

What is no JSON hides nothing else: the values after it are found again.
"""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

from scripts.analyse import envelopes

LONGEST = 4 * 1024 * 1024
"""How many characters after its beginning the end of a broken value is looked for."""
MOST_TRIES = 10_000
"""At how many places in a broken value the next one is looked for, beside the beginnings of lines."""

LOG_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z[ \t]+(?=[\[{])")
"""What CloudWatch Logs writes before each event of an export:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html."""

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_OBJECT = re.compile(r'\{\s*"')
_LIST = re.compile(rf'\{{\s*"(?:{"|".join(envelopes.LISTS)})"\s*:\s*\[')
# A string where one may stand, a bracket, another quote, a line that begins with an object, an object after another.
_TOKEN = re.compile(
    r'"(?:[^"\\\r\n]|\\.)*"(?=\s*[,:}\]])|[\[\]{]|\}(?:\s*(?=\{))?|"'
    rf'|\n(?=(?:{LOG_TIME.pattern})?\{{\s*")'
)
_LINE_START = re.compile(rf"(?:^|\n)(?:{LOG_TIME.pattern})?\Z")


class Problem(NamedTuple):
    """What is no JSON, and where in the text."""

    position: int
    message: str


class Found(NamedTuple):
    """A value and where it stands, or a part of the text that is none, with the problem."""

    start: int
    end: int
    value: Any
    problem: Problem | None = None


def values(text: str) -> Iterator[Found]:
    """Yield each value of a text; of a list each element, and likewise of a broken object that holds a known list."""
    position = _space(text, 0)
    while position < len(text):
        if stamp := LOG_TIME.match(text, position):
            position = stamp.end()
        if text[position] == "[":
            position = yield from _elements(text, position + 1, in_list=False)
        else:
            position, _ = yield from _one(text, position, in_list=False)
        position = _space(text, position)


def _one(text: str, position: int, *, in_list: bool) -> Generator[Found, None, tuple[int, bool]]:
    """Yield the value that begins here, or the problem; return where to go on, and whether it was sound.

    ``in_list`` is true within a known list of a broken object: there no further one is looked into.
    """
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        cut = "; the text ends here, it may be cut off" if _space(text, error.pos) == len(text) else ""
        problem = Problem(error.pos, f"{error.msg}{cut}")
    except (RecursionError, ValueError) as error:  # nested too deep, or an integer of more than 4300 digits
        if end := _close(text, position, 0):
            yield Found(position, end, None)  # for the function to judge
            return end, True
        problem = Problem(position, f"Python cannot read this: {error}")
    else:
        yield Found(position, end, value)
        return end, True
    if not in_list and (begun := _LIST.match(text, position)):
        end = yield from _elements(text, begun.end(), in_list=True)
        if problem.position >= end:  # after the list; what is in it was named there
            yield Found(end, end, None, problem)
        return _close(text, end, 1) or _next(text, end, len(text)), False
    end = _end_of_broken(text, position)
    yield Found(position, end, None, problem)
    return end, False


def _elements(text: str, position: int, *, in_list: bool) -> Generator[Found, None, int]:
    """Yield each element of a list, which begins here; return where the list ends."""
    sound = True
    while (position := _space(text, position)) < len(text):
        if text[position] == "]":
            return position + 1
        position, sound = yield from _one(text, position, in_list=in_list)
        position = _space(text, position)
        if text[position : position + 1] == ",":
            position += 1
        elif sound and text[position : position + 1] not in ("]", ""):
            yield Found(position, position, None, Problem(position, "Expecting ',' delimiter"))
    if sound:
        yield Found(position, position, None, Problem(position, "the text ends within a list, it may be cut off"))
    return position


def _end_of_broken(text: str, position: int) -> int:
    """Return where a broken value ends: with its bracket, else where the next value begins."""
    if text[position] not in "{[":
        end_of_line = text.find("\n", position)
        return _next(text, position + 1, len(text) if end_of_line < 0 else end_of_line)
    return _close(text, position, 0) or _next(text, position + 1, len(text))


def _close(text: str, position: int, depth: int) -> int:
    """Return where the brackets that are open here are closed; 0 where they are not, or something makes no sense."""
    for token in _TOKEN.finditer(text, position, position + LONGEST):
        kind = token[0]
        if kind in ('"', "\n"):
            return 0
        depth += (kind in "{[") - (kind[0] in "}]")
        if depth == 0:
            return token.start() + 1
        if len(kind) > 1 and kind[0] == "}":
            return 0
    return 0


def _next(text: str, position: int, limit: int) -> int:
    """Return where the next value begins: an object at the beginning of a line, or one of a known form.

    The value of a property is no such one: it belongs to what is broken. Without a next value it is ``limit``.
    """
    tries = 0
    for begun in _OBJECT.finditer(text, position, limit):
        start = begun.start()
        before = text[max(0, start - 64) : start]
        if _LINE_START.search(before):
            return start - len(before) + before.rfind("\n") + 1
        if tries < MOST_TRIES and not before.rstrip().endswith(":"):
            tries += 1
            if _is_known(text, start):
                return start
    return limit


def _is_known(text: str, position: int) -> bool:
    try:
        return envelopes.is_known(_DECODER.raw_decode(text, position)[0])
    except (RecursionError, ValueError):
        return False


def _space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
