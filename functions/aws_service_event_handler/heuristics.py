"""Which text of a detail is most likely the state, or the id of the subject, judged by the name of its field.

Services disagree on where they write ids and states, but hardly on the words. So every text gets penalty points: by the
end of its field's name (``…Status``, ``result``; ``…Arn``, ``…Id``) and by how deep it lies. Each word of an id's field
that occurs in the event's title takes points away: ``taskArn`` wins over ``clusterArn`` in *ECS Task State Change*. The
text with the fewest points is chosen; of equal ones the first by name.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from aws_service_event_handler.resource_ids import is_id
from infra_events.domain.arn import Arn

Path = tuple[str, ...]
"""The names of the fields that lead to a text; lists on the way have none."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# ---- The table of points. math.inf: never. -----------------------------------------------------------------------
# A state, by the whole name of its field:
_STATE_POINTS = [
    (points, re.compile(names))
    for points, names in (
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
_STATE_POINTS_PER_LEVEL = 4
_STATE_POINTS_PER_WORD = 0.01  # a shorter name is the better one; so is an earlier field of a state
_MOST_STATE_POINTS = 12
_MOST_VAGUE_POINTS = 4  # below the first level: with more, the name is too vague

# An id, by the last word of its field's name:
_ID_POINTS = {"arn": 0, "resource": 0, "id": 2, "identifier": 2, "name": 3}
_OTHER_NAME_OF_AN_ARN = 2  # an ARN whose field is named otherwise
_ARN_OF_ANOTHER_SERVICE = 1
_ID_POINTS_PER_LEVEL = 1
_NAMELESS = 1  # a bare ``id`` below the first level, of nothing that the title names
_HELPER, _HELPER_ARN = 1, 3  # what is named beside the subject (``_HELPERS``), unless the title names it
_OCCURRENCE = 3  # one of many (``_OCCURRENCES``): the subject is what lasts
_NAMED_RESOURCE = -6  # ``resourceId`` is always the subject
_INSIDE_RESOURCE = -4  # so is what stands in ``resource``
_NOUN_IN_TITLE = -1.5  # for each word; a later word of the title counts a hundredth more
_PARENT_IN_TITLE = -1
_MOST_ID_POINTS = 3
# ------------------------------------------------------------------------------------------------------------------

_LEVELS = 12
"""How deep a detail is searched, lists counted; deeper texts are not about the event as a whole."""
_NAME_LIMIT = 200
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CLOUDTRAIL_ARN = re.compile(r"aRN(?=s?$)")
_SHORTEST_PART = 6
"""From this length on a noun is also found inside the title's words: ``workspace`` in *WorkSpaces Access*."""

_FIELDS_OF_A_STATE = ("value", "name", "code")
"""Fields by which a state that is an object gives its value, the best first."""
_NOT_THE_STATE = _set("previous prev old prior desired target requested expected address")
_RESOURCES = frozenset(("resource", "resources", "resources affected", "affected resources", "affected entities"))
_HELPERS = _set("role kms sns log logging user vpc subnet security external alternate")
_OCCURRENCES = _set("run attempt")
_PREPOSITIONS = _set("to from with for of on in by")
_NEVER = _set("actor identity caller requester principal credentials context token tags tag account owner")
"""Words of a path that never leads to the subject, unless the title contains them."""
_NOT_AN_ID = frozenset(
    f"{what} id" for what in ("event", "request", "shared event", "activity", "transaction", "version")
) | {"event name"}


def best_scored_state(detail: Mapping[str, Any]) -> str:
    """Return the text that is most likely the state; empty when no text is likely."""
    scored = ((_state_points(path), path, texts[0]) for path, texts in texts_by_path(detail).items())
    return min((one for one in scored if one[0] <= _MOST_STATE_POINTS), default=(0, (), ""))[2]


def best_scored_ids(detail: Mapping[str, Any], title: str, service: str, top_level: int = 1) -> Sequence[str]:
    """Return the ids or ARNs, all of one field, that are most likely the subject; empty when none is likely.

    ``title`` is the event's detail-type or call, ``service`` the one that sent it. Points for depth begin below
    ``top_level``.
    """
    found = texts_by_path(detail)
    words = _singular(_words(title))
    scored = (
        (_id_points(path, texts[0], words, service, len(path) - top_level), path) for path, texts in found.items()
    )
    best = min((one for one in scored if one[0] <= _MOST_ID_POINTS), default=None)
    return found[best[1]] if best else ()


def texts_by_path(detail: Any) -> Mapping[Path, Sequence[str]]:
    """Return every text and number of a JSON value by its path, those of higher levels first."""
    found: dict[Path, list[str]] = {}
    level: Iterable[tuple[Path, Any]] = [((), detail)]
    for _ in range(_LEVELS):
        level = list(_next_level(level, found))
    return found


def _next_level(level: Iterable[tuple[Path, Any]], found: dict[Path, list[str]]) -> Iterator[tuple[Path, Any]]:
    """Add the texts of a level to ``found``; yield the values below it."""
    for path, value in level:
        if isinstance(value, Mapping):
            yield from (((*path, name), value[name]) for name in value)
        elif isinstance(value, list):
            yield from ((path, item) for item in value)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool) and (text := str(value).strip()):
            found.setdefault(path, []).append(text)


def _state_points(path: Path) -> float:
    """Return the points of a state; a field of a state (``state.value``) has those of its parent, a level deeper."""
    field = path[-1].lower()
    part = _FIELDS_OF_A_STATE.index(field) if len(path) > 1 and field in _FIELDS_OF_A_STATE else -1
    words = _words(path[-2 if part >= 0 else -1])
    by_name = next((points for points, names in _STATE_POINTS if names.fullmatch(" ".join(words))), math.inf)
    depth = len(path) - 1
    is_vague = depth and by_name + depth > _MOST_VAGUE_POINTS
    if is_vague or _NOT_THE_STATE & _all_words(path):
        return math.inf
    return by_name + _STATE_POINTS_PER_LEVEL * depth + (part + 1 + len(words)) * _STATE_POINTS_PER_WORD


def _id_points(path: Path, text: str, title: Sequence[str], service: str, depth: int) -> float:
    arn = Arn.parse(text)
    words = _words(_CLOUDTRAIL_ARN.sub("Arn", path[-1])) or [""]
    by_name = _ID_POINTS.get(words[-1].removesuffix("s"))
    others = _all_words(path) - set(title)
    if (by_name is None and not arn) or _NEVER & others or " ".join(words) in _NOT_AN_ID:
        return math.inf
    noun = _singular(words[:-1] if by_name is not None else words)
    bonus = _bonus(title, noun, path)
    # The name of what the title speaks of may have spaces.
    is_name = bonus and words[-1] == "name" and re.search(r"\w", text) and "\n" not in text
    if not (is_id(text) or is_name):
        return math.inf
    points: float = by_name or 0
    if arn:
        named_otherwise = _OTHER_NAME_OF_AN_ARN if by_name is None else 0
        points = named_otherwise + (0 if arn.service == service else _ARN_OF_ANOTHER_SERVICE)
    if not noun and depth and not bonus:
        points += _NAMELESS
    if _HELPERS & others and not bonus:
        points += _HELPER_ARN if arn else _HELPER
    occurrence = _OCCURRENCE if _OCCURRENCES & set(noun) else 0
    return points + bonus + _ID_POINTS_PER_LEVEL * depth + occurrence


def _bonus(title: Sequence[str], noun: Sequence[str], path: Path) -> float:
    """Return the points that an id loses when the noun of its field's name occurs in the title, or is ``resource``.

    Of two words of the title the later one gives a little more, up to a preposition: it names the thing.
    """
    together = "".join(noun)
    if noun == ["resource"]:
        return _NAMED_RESOURCE
    if noun and (set(noun) <= set(title) or (len(together) >= _SHORTEST_PART and together in "".join(title))):
        end = next((position for position, word in enumerate(title) if word in _PREPOSITIONS), len(title))
        thing = title[:end]
        return _NOUN_IN_TITLE * len(noun) - (thing.index(noun[-1]) / 100 if noun[-1] in thing else 0)
    if any(" ".join(_words(name)) in _RESOURCES for name in path[:-1]):
        return _INSIDE_RESOURCE
    if not noun and len(path) > 1 and set(_singular(_words(path[-2]))) & set(title):
        return _PARENT_IN_TITLE
    return 0


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a field's name, of which only the beginning counts: a name may be as long as an event.

    Cached, because a name is part of the path of every text below it.
    """
    return tuple(word.lower() for word in _WORD.findall(name[:_NAME_LIMIT]))


def _all_words(path: Path) -> set[str]:
    return {word for name in path for word in _words(name)}


def _singular(words: Iterable[str]) -> list[str]:
    return [word.removesuffix("s") for word in words]
