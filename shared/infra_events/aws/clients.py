"""AWS clients, one per service and process: a second one would parse the CA bundle again (17 ms of CPU)."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from infra_events.domain.errors import RefusedError, TransientError, error_code

# For delivery: well below the function's timeout, with room for one more attempt.
_PATIENT = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
# For a provider: a client that tries again might send twice what was accepted without an answer. The worker postpones
# instead. This call and the two of the sent record must end within TO_FINISH of delivery/channel.py.
_ONCE = Config(connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 1})
# For the table of the sent record and of the pace: within a region an answer takes milliseconds.
_PROMPT = Config(connect_timeout=0.5, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 2})
# For look-ups: a notification without a name beats one that comes late. A call takes two seconds at most, on which the
# enricher relies; it tries again itself while there is time. Within a region, an answer that takes longer rarely comes.
_HASTY = Config(connect_timeout=0.5, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 1})
_REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def delivery_client(service: str) -> Any:
    """Return the client for calls that must succeed."""
    return _session().create_client(service, config=_PATIENT)


@cache
def provider_client(service: str, region: str) -> Any:
    """Return the client for a provider in ``region``, empty: this one. A call is one attempt, of eight seconds."""
    return _session().create_client(service, region_name=region or None, config=_ONCE)


@cache
def record_client(service: str) -> Any:
    """Return the client for the records of a send: a call takes four seconds at most, and a pause between attempts."""
    return _session().create_client(service, config=_PROMPT)


@cache
def lookup_client(service: str, region: str | None = None) -> Any:
    """Return the client for calls that may fail without harm, and must not take long; by default of this region."""
    return _session().create_client(service, config=_HASTY, region_name=region)


def transient(call: str, error: Exception) -> TransientError:
    """Return a transient error that names the call and its error code; a RefusedError where AWS does not permit it."""
    kind = RefusedError if error_code(error) in _REFUSALS else TransientError
    return kind(f"{call}: {error_code(error)}")
