"""One client per service and process: a second one would parse the CA bundle again (17 ms of CPU)."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from infra_events.domain.errors import TransientError

# Delivery: well below the function's time-out, with room for one more attempt.
_PATIENT = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
# Look-ups: a notification without a name beats one that comes late. Two seconds a call and no more, for the enricher
# counts on it; it tries again itself, as long as there is time. In a region, what does not answer so soon will not.
_HASTY = Config(connect_timeout=0.5, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 1})


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def delivery_client(service: str) -> Any:
    """Make the client for a call that must succeed."""
    return _session().create_client(service, config=_PATIENT)


@cache
def lookup_client(service: str) -> Any:
    """Make the client for a call that may fail without harm, and must not take long."""
    return _session().create_client(service, config=_HASTY)


def error_code(error: Exception) -> str:
    """AWS's own code of an error (``AccessDenied``), else the exception's name: short, and free of payload."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "Unknown")
    return type(error).__name__


def transient(call: str, error: Exception) -> TransientError:
    """Say which call failed and with which code, as an error that is tried again."""
    return TransientError(f"{call}: {error_code(error)}")
