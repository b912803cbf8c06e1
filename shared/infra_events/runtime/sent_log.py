"""The record of what was sent: Powertools' idempotency over DynamoDB.

A conditional put marks a key as in progress, with a lease until the invocation's time is up; a failed send takes the
mark away; a finished one makes it final. A process killed in between leaves a lease that runs out.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)

from infra_events.domain.errors import TransientError

# Longer than a message can wait: four days in its queue, fourteen in a dead-letter queue, and both again after each of
# several redrives.
_KEPT_SECONDS = 90 * 24 * 3600
# A lease that may end while the mail is still on its way protects nothing.
_SHORTEST_LEASE_MS = 2_000


class DynamoSentLog:
    """Records in one table (a ``SentLog``)."""

    def __init__(self, table_name: str, client: Any) -> None:
        """Take the table and its client; nothing is called yet."""
        self._store = DynamoDBPersistenceLayer(table_name=table_name, boto3_client=client)
        self._config = IdempotencyConfig(expires_after_seconds=_KEPT_SECONDS, hash_function="sha256")

    def lease_until_timeout(self, context: Any) -> None:
        """Let the leases of this invocation end when it must end."""
        self._config.register_lambda_context(context)

    def once(self, key: str, send: Callable[[], str]) -> bool:
        """Call ``send`` unless ``key`` is on record; see ``infra_events.ports.SentLog``."""
        context = self._config.lambda_context
        if context is not None and context.get_remaining_time_in_millis() < _SHORTEST_LEASE_MS:
            message = "the invocation's time is nearly up"
            raise TransientError(message)
        called = sent = False

        def _send(*, key: str) -> str:  # noqa: ARG001 - Powertools takes the key from this argument
            nonlocal called, sent
            called = True
            answer = send()
            sent = True
            return answer

        try:
            idempotent_function(
                _send,
                data_keyword_argument="key",
                persistence_store=self._store,
                config=self._config,
                key_prefix="notification",
            )(key=key)
        except IdempotencyAlreadyInProgressError as error:
            message = "another process is sending this"
            raise TransientError(message) from error
        except (IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError) as error:
            if sent:  # Only the final mark is missing; to send it again for that would do no better.
                return True
            message = f"the sent record could not be read or written: {_code(error.__cause__ or error)}"
            raise TransientError(message) from error
        return called


def _code(error: BaseException) -> str:
    """AWS's own code where the error carries one, as botocore's do; this package does not import botocore."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)
