"""The two ways in which a message can fail.

    InfraEventsError
    ├── TransientError   might succeed later: SQS delivers it again
    └── PermanentError   never will: it is parked in the DLQ with its reason

Any other exception counts as transient: what we do not understand, we do not throw away.
"""

from enum import StrEnum


class ParkCode(StrEnum):
    """Why a message was parked; the closed list behind the attribute ``park_code`` (docs/runbook.md explains each)."""

    NOT_JSON = "not_json"
    NOT_CSV = "not_csv"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"
    TOO_LARGE = "too_large"
    RAW_ADDRESS = "raw_address"
    REFUSED = "refused"


class InfraEventsError(Exception):
    """Base of every error that infra-events raises on purpose."""


class TransientError(InfraEventsError):
    """The same message may succeed when it is delivered again."""


class PermanentError(InfraEventsError):
    """The message itself is at fault, or somebody refused it for good; trying again changes nothing."""

    def __init__(self, code: ParkCode, reason: str) -> None:
        """Take the code of the closed list and a reason that names the field; never the payload itself."""
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
