"""Reads foreign JSON field by field: every error names the field, and never contains its content."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from infra_events.domain.errors import ParkCode, PermanentError
from infra_events.domain.event import Severity
from infra_events.domain.time import parse_time

_NAMES = {str: "a string", bool: "true or false", dict: "an object", list: "a list", int: "a number"}


class Fields:
    """The fields of one JSON object. All methods raise PermanentError for a value of a wrong type."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        """Take the decoded object, and its path for errors (``event.``)."""
        self._values = values
        self._path = path

    @classmethod
    def decode(cls, body: str) -> "Fields":
        """Decode one JSON object. Raises PermanentError ``not_json`` or ``wrong_type``."""
        try:
            values = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        except json.JSONDecodeError as error:
            where = f"line {error.lineno} column {error.colno}"
            raise PermanentError(ParkCode.NOT_JSON, f"the body is not JSON: {where}") from error
        except RecursionError as error:
            raise PermanentError(ParkCode.NOT_JSON, "the body is not JSON: nested too deep") from error
        except ValueError as error:  # NaN and its like, 1e999; and Python converts no integer of more than 4300 digits
            raise PermanentError(ParkCode.NOT_JSON, "the body is not JSON: a number is none, or too long") from error
        if not isinstance(values, dict):
            raise PermanentError(ParkCode.WRONG_TYPE, f"the body must be a JSON object, not {type(values).__name__}")
        return cls(values)

    @property
    def values(self) -> Mapping[str, Any]:
        """The object as it came."""
        return self._values

    def text(self, name: str) -> str:
        """Return a string that must be present and not empty."""
        value = self.optional_text(name)
        if not value:
            raise PermanentError(ParkCode.MISSING_FIELD, f"{self._path}{name} is missing or empty")
        return value

    def optional_text(self, name: str) -> str:
        """Return a string; empty when absent or null."""
        return self._typed(name, str) or ""

    def flag(self, name: str) -> bool:
        """Return a boolean; false when absent or null."""
        return self._typed(name, bool) or False

    def optional_object(self, name: str) -> "Fields | None":
        """Return an object; None when absent or null."""
        value = self._typed(name, dict)
        return None if value is None else Fields(value, f"{self._path}{name}.")

    def object(self, name: str) -> "Fields":
        """Return an object that must be present."""
        value = self.optional_object(name)
        if value is None:
            raise PermanentError(ParkCode.MISSING_FIELD, f"{self._path}{name} is missing")
        return value

    def objects(self, name: str) -> "Sequence[Fields]":
        """Return a list of objects; empty when absent or null."""
        values: list[Any] = self._typed(name, list) or []
        if not all(isinstance(value, dict) for value in values):
            raise PermanentError(ParkCode.WRONG_TYPE, f"{self._path}{name} must be a list of objects")
        return [Fields(value, f"{self._path}{name}[{index}].") for index, value in enumerate(values)]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings, without repetitions and empty ones, in order; empty when absent or null."""
        values: list[Any] = self._typed(name, list) or []
        if not all(isinstance(value, str) for value in values):
            raise PermanentError(ParkCode.WRONG_TYPE, f"{self._path}{name} must be a list of strings")
        return tuple(dict.fromkeys(value for value in values if value))

    def time(self, name: str, *, default: datetime | None = None) -> datetime:
        """Return an RFC 3339 time in UTC; ``default``, if there is one, when absent, null or empty."""
        text = self.optional_text(name)
        if not text and default is not None:
            return default
        return parse_time(self.text(name), f"{self._path}{name}")

    def severity(self, name: str) -> Severity:
        """Return a severity by its name; INFO when absent, null or empty."""
        return parse_severity(self.optional_text(name), f"{self._path}{name}")

    def _typed(self, name: str, kind: type) -> Any:
        value = self._values.get(name)
        if value is not None and not isinstance(value, kind):
            raise PermanentError(
                ParkCode.WRONG_TYPE, f"{self._path}{name} must be {_NAMES[kind]}, not {type(value).__name__}"
            )
        return value


def parse_severity(text: str | None, name: str) -> Severity:
    """Return the severity of a name in any case; INFO for none.

    Raises PermanentError for an unknown name, which names the field ``name``: subscriptions filter by severity.
    """
    try:
        return Severity[text.upper()] if text else Severity.INFO
    except KeyError as error:
        raise PermanentError(ParkCode.BAD_VALUE, f"{name} must be one of {', '.join(Severity.__members__)}") from error


def _refuse(_constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads although JSON has no such numbers."""
    raise ValueError


def _finite(text: str) -> float:
    """Refuse a number too large for Python: it could not be written as JSON again."""
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)
