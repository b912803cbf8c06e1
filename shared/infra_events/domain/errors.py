"""The three ways in which a message can fail.

    InfraEventsError
    ├── NotNowError      a provider takes it later: it waits, and no receive is counted
    ├── TransientError   might succeed later: SQS delivers it again
    │   └── RefusedError AWS does not permit it, and will not for a while
    └── PermanentError   can never succeed: it is parked in the DLQ with its reason

Any other exception counts as transient: no message is discarded for an error that we do not understand.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum, StrEnum, auto


class ParkCode(StrEnum):
    """Why a message was parked: the values of the attribute ``park_code`` (docs/runbook.md explains each)."""

    NOT_JSON = "not_json"
    NOT_CSV = "not_csv"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"
    TOO_LARGE = "too_large"
    RAW_ADDRESS = "raw_address"
    REFUSED = "refused"
    WAITED_TOO_LONG = "waited_too_long"


class InfraEventsError(Exception):
    """Base of every error that infra-events raises on purpose."""


class TransientError(InfraEventsError):
    """The same message may succeed when it is delivered again."""


class Limit(Enum):
    """Why a provider does not take a message now."""

    RATE = auto()
    """Too many at once: it takes more in a second or so."""
    CLOSED = auto()
    """It takes nothing of this account: the quota of a day is used up, or sending is paused."""
    OUTAGE = auto()
    """It is out of order or cannot be reached."""
    HELD = auto()
    """Another process has it in hand."""


class NotNowError(InfraEventsError):
    """The message is in order and is taken later; ``wait`` is for how long to wait, where that is known."""

    def __init__(self, limit: Limit, reason: str, wait: timedelta | None = None) -> None:
        """Take the limit, and a reason that never contains the payload."""
        super().__init__(reason)
        self.limit = limit
        self.reason = reason
        self.wait = wait


class RefusedError(TransientError):
    """AWS does not permit the call: it succeeds once somebody has changed a policy, and not before."""


class PermanentError(InfraEventsError):
    """The message itself is at fault, or was refused for good; another attempt would fail as well."""

    def __init__(self, code: ParkCode, reason: str) -> None:
        """Take the code, and a reason that names the field but never contains the payload."""
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


def error_code(error: BaseException) -> str:
    """Return AWS's code of an error, such as ``AccessDenied``, else the name of the exception; never its payload.

    AWS's code is in ``response``, which botocore's errors have; so no caller needs to import botocore.
    """
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        return str(response.get("Error", {}).get("Code") or "Unknown")
    return type(error).__name__
