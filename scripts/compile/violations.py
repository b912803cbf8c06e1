"""What breaks a JSON schema, in words: where, what, and a hint from the schema's ``description``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

ValuePath = tuple[str | int, ...]
"""The keys and indexes that lead to a value of a document."""

_LISTED = 24
_QUOTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with the value at ``path``, in words."""

    path: ValuePath
    message: str


def schema_problems(content: Any, schema: Mapping[str, Any]) -> list[Problem]:
    """Return everything in ``content`` that breaks ``schema``, each once."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(content)
    return list(dict.fromkeys(chain.from_iterable(_problems(best_match([error])) for error in errors)))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a hint about a word that is not among the ``known`` ones: the nearest of them, or else what there is."""
    known = sorted(known)
    close = get_close_matches(word, known, 1)
    if close:
        return f"did you mean {close[0]}?"
    more = ["…"] if len(known) > _LISTED else []
    return f"there is {', '.join([*known[:_LISTED], *more]) or 'none'}"


def _problems(error: jsonschema.ValidationError) -> Iterator[Problem]:
    path, schema = tuple(error.absolute_path), error.schema if isinstance(error.schema, dict) else {}
    hint = f" ({schema['description']})" if "description" in schema else ""
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = schema["properties"]
        for key in instance:
            if key not in known:
                yield Problem(path=(*path, key), message=f"{key} is not known here ({suggestion(key, known)})")
    elif error.validator == "required":
        for key in schema["required"]:
            if key not in instance:
                yield Problem(path=(*path, key), message=f"{key} is missing{hint}")
    elif "propertyNames" in error.absolute_schema_path:
        yield Problem(path=(*path, instance), message=f"{instance!r} is no name for this{hint}")
    elif error.validator == "pattern":
        yield Problem(path=path, message=f"{instance!r} is not right{hint}")
    else:
        yield Problem(path=path, message=f"{error.message[:_QUOTED]}{hint}")
