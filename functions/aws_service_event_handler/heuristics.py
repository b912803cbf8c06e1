"""What a value is, told by its name: services disagree on where they write ids and states, but hardly on the words.

Every text in a detail has a weight: by what the end of its name says (``…Arn``, ``…Id``; ``…Status``, ``result``), and
by how deep it lies. An id weighs less for each word that stands in the event's title too: ``taskArn``, and not
``clusterArn``, in *ECS Task State Change*. The lightest wins, and the first by name where two weigh the same.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from infra_events.domain.arn import Arn

Path = tuple[str, ...]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LEVELS = 12
"""How deep a detail is searched, lists counted; what lies deeper says nothing of the whole."""
_NAME_LIMIT = 200
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CLOUDTRAIL_ARN = re.compile(r"aRN(?=s?$)")

_STATES = [
    (weight, re.compile(names))
    for weight, names in (
        (0, "state|status"),
        (1, "(.+ )?(state|status|status code)"),
        (2, "result|outcome|compliance type"),
        (3, "event( name| type)?( code)?|event categories|operation( type)?|(.+ )?action( type)?"),
        (3, "change type|type of change|(.+ )?transition"),
        (5, "(sub |notification )?type"),
        (6, "reason"),
        (7, "message type"),
    )
]
_FIELDS_OF_A_STATE = ("value", "name", "code")
_NOT_THE_STATE = _set("previous prev old prior desired target requested expected address")
_STATE_LEVEL = 4
_VAGUE = 4
"""From where on a name says too little to be believed below the first level."""
_HEAVIEST_STATE = 12

_IDS = {"arn": 0, "resource": 0, "id": 2, "identifier": 2, "name": 3}
_RESOURCE, _OF_RESOURCE = -6, -4
"""``resourceId`` is always the subject, and so is what stands in ``resource``."""
_RESOURCES = frozenset(("resource", "resources", "resources affected", "affected resources", "affected entities"))
_IN_TITLE, _PARENT_IN_TITLE = -1.5, -1
_ARN_BY_ANOTHER_NAME, _FOREIGN = 2, 1
"""What an ARN weighs that is called neither ARN nor id nor name, and how much more one of another service."""
_HELPERS = _set("role kms sns log logging user vpc subnet security external alternate")
_HELPER, _HELPER_ARN = 1, 3
"""What is named beside the subject, and how much more that weighs unless the title speaks of it."""
_OCCURRENCES = _set("run attempt")
_OCCURRENCE = 3
"""One of many, of which the subject is the lasting thing."""
_PREPOSITIONS = _set("to from with for of on in by")
_NEVER = _set("actor identity caller requester principal credentials context token tags tag account owner")
_NOT_AN_ID = frozenset(
    f"{what} id" for what in ("event", "request", "shared event", "activity", "transaction", "version")
) | {"event name"}
_HEAVIEST_ID = 3
_LONGEST_ID = 2048
_SHORTEST_PART = 6
"""The length from which a name is also found inside of the title's words: ``workspace`` in *WorkSpaces Access*."""


def lightest_state(detail: Mapping[str, Any]) -> str:
    """Return the text that is most likely a state; empty when none is."""
    weighed = ((_weight_of_state(path), path, texts[0]) for path, texts in leaves(detail).items())
    return min((one for one in weighed if one[0] <= _HEAVIEST_STATE), default=(0, (), ""))[2]


def lightest_ids(detail: Mapping[str, Any], title: str, own: str, at: int = 1) -> Sequence[str]:
    """Return the ids or ARNs that are most likely the subject, all of the same name; ``own`` is the event's service.

    ``at`` is the level at which the detail begins to speak.
    """
    found = leaves(detail)
    words = _singular(_words(title))
    weighed = ((_weight_of_id(path, texts[0], words, own, len(path) - at), path) for path, texts in found.items())
    best = min((one for one in weighed if one[0] <= _HEAVIEST_ID), default=None)
    return found[best[1]] if best else ()


def is_id(text: str) -> bool:
    """Tell an ARN or a single word from a sentence."""
    return len(text) <= _LONGEST_ID and bool(Arn.parse(text) or re.fullmatch(r"\S*\w\S*", text))


def leaves(detail: Any) -> Mapping[Path, Sequence[str]]:
    """Return every text and number by its path, which passes over lists; shallow ones first."""
    found: dict[Path, list[str]] = {}
    level: Iterable[tuple[Path, Any]] = [((), detail)]
    for _ in range(_LEVELS):
        level = list(_below(level, found))
    return found


def _below(level: Iterable[tuple[Path, Any]], found: dict[Path, list[str]]) -> Iterator[tuple[Path, Any]]:
    for path, value in level:
        if isinstance(value, Mapping):
            yield from (((*path, name), value[name]) for name in value)
        elif isinstance(value, list):
            yield from ((path, item) for item in value)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and (text := str(value).strip()):
            found.setdefault(path, []).append(text)


def _weight_of_state(path: Path) -> float:
    """A field of a state (``state.value``) weighs as the state would at its level."""
    field = path[-1].lower()
    part = _FIELDS_OF_A_STATE.index(field) if len(path) > 1 and field in _FIELDS_OF_A_STATE else -1
    words = _words(path[-2 if part >= 0 else -1])
    weight = next((weight for weight, names in _STATES if names.fullmatch(" ".join(words))), math.inf)
    deeper = len(path) - 1
    vague = deeper and weight + deeper > _VAGUE
    if vague or _NOT_THE_STATE & _all_words(path):
        return math.inf
    return weight + _STATE_LEVEL * deeper + (part + 1 + len(words)) / 100


def _weight_of_id(path: Path, text: str, title: Sequence[str], own: str, deeper: int) -> float:
    arn = Arn.parse(text)
    words = _words(_CLOUDTRAIL_ARN.sub("Arn", path[-1])) or [""]
    kind = _IDS.get(words[-1].removesuffix("s"))
    others = _all_words(path) - set(title)
    if (kind is None and not arn) or _NEVER & others or " ".join(words) in _NOT_AN_ID:
        return math.inf
    noun = _singular(words[:-1] if kind is not None else words)
    gain = _gain(title, noun, path)
    if not (is_id(text) or (gain and words[-1] == "name" and re.search(r"\w", text) and "\n" not in text)):
        return math.inf
    weight = kind or 0
    if arn:
        weight = (_ARN_BY_ANOTHER_NAME if kind is None else 0) + (0 if arn.service == own else _FOREIGN)
    if not noun and deeper and not gain:
        weight += 1
    if _HELPERS & others and not gain:
        weight += _HELPER_ARN if arn else _HELPER
    return weight + gain + deeper + (_OCCURRENCE if _OCCURRENCES & set(noun) else 0)


def _gain(title: Sequence[str], noun: Sequence[str], path: Path) -> float:
    """How much lighter an id becomes by what it is the id of; of two words of a title the later one is the thing."""
    together = "".join(noun)
    if noun == ["resource"]:
        return _RESOURCE
    if noun and (set(noun) <= set(title) or (len(together) >= _SHORTEST_PART and together in "".join(title))):
        said = title[: next((at for at, word in enumerate(title) if word in _PREPOSITIONS), len(title))]
        return _IN_TITLE * len(noun) - (said.index(noun[-1]) / 100 if noun[-1] in said else 0)
    if any(" ".join(_words(name)) in _RESOURCES for name in path[:-1]):
        return _OF_RESOURCE
    if not noun and len(path) > 1 and set(_singular(_words(path[-2]))) & set(title):
        return _PARENT_IN_TITLE
    return 0


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    """Take a name apart. One name stands on the path of every value below it, and may be as long as an event."""
    return tuple(word.lower() for word in _WORD.findall(name[:_NAME_LIMIT]))


def _all_words(path: Path) -> set[str]:
    return {word for name in path for word in _words(name)}


def _singular(words: Iterable[str]) -> list[str]:
    return [word.removesuffix("s") for word in words]
