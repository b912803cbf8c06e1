"""Makes foreign text safe for messages: events and tag values are hostile input."""

import re

# What SNS and SQS refuse in a body: Unicode outside XML's range, and half a surrogate pair, which no UTF-8 can hold.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_UNCARRIABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# C0, DEL, C1, line and paragraph separators, characters without width, and marks that reorder text on screen: unfit for
# a subject or a label. Joiners stay: emoji and several scripts need them.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+")

REPLACEMENT = "\ufffd"


def carriable(text: str) -> str:
    """Return ``text`` with U+FFFD for each character that SNS and SQS refuse; all others stay, line breaks included."""
    return _UNCARRIABLE.sub(REPLACEMENT, text)


def one_line(text: str, limit: int) -> str:
    """Return ``text`` as one printable line of at most ``limit`` characters; an ellipsis marks a cut."""
    line = " ".join(_INVISIBLE.sub(" ", carriable(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
