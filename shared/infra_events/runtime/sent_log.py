"""The sent record: Powertools' idempotency over DynamoDB.

A conditional put marks a key as in progress, with a lease until the invocation must end; a failed send removes the
mark; a finished one makes it final. The lease of a process that was killed in between expires.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)

from infra_events.domain.errors import Limit, NotNowError, TransientError, error_code
from infra_events.ports import Recorded

# Longer than a message can wait: four days in its queue, fourteen in a dead-letter queue, and both again after each of
# several redrives.
_KEPT_SECONDS = 90 * 24 * 3600
# A lease that may end while the provider is still being called protects nothing.
_SHORTEST_LEASE_MS = 2_000


@dataclass(slots=True, kw_only=True)
class _Call:
    """One call of ``send``: whether it was begun, and whether it returned."""

    content: str
    send: Callable[[], str]
    begun: bool = False
    returned: bool = False

    def run(self, *, key: str) -> Mapping[str, str]:  # noqa: ARG002 - Powertools takes the key from this argument
        self.begun = True
        message_id = self.send()
        self.returned = True
        return {"message_id": message_id, "content": self.content}


class DynamoSentLog:
    """The sent record in one table (a ``SentLog``)."""

    def __init__(self, table_name: str, client: Any) -> None:
        """Take the table and its client; nothing is called yet."""
        self._store = DynamoDBPersistenceLayer(table_name=table_name, boto3_client=client)
        self._config = IdempotencyConfig(expires_after_seconds=_KEPT_SECONDS, hash_function="sha256")

    def lease_until_timeout(self, context: Any) -> None:
        """Let the leases of this invocation end when it must end."""
        self._config.register_lambda_context(context)

    def once(self, key: str, content: str, send: Callable[[], str]) -> Recorded:
        """Call ``send`` unless the record contains ``key``; see ``infra_events.ports.SentLog``."""
        context = self._config.lambda_context
        if context is not None and context.get_remaining_time_in_millis() < _SHORTEST_LEASE_MS:
            raise NotNowError(Limit.RATE, "the invocation's time is nearly up")
        call = _Call(content=content, send=send)
        run_once = idempotent_function(
            call.run,
            data_keyword_argument="key",
            persistence_store=self._store,
            config=self._config,
            key_prefix="notification",
        )
        try:
            record = run_once(key=key)
        except IdempotencyAlreadyInProgressError as error:
            raise NotNowError(Limit.HELD, "another process is sending this") from error
        except (IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError) as error:
            if call.returned:  # only the final mark is missing; sending again would not write it either
                return Recorded.SENT
            reason = f"the sent record could not be read or written: {error_code(error.__cause__ or error)}"
            raise TransientError(reason) from error
        if call.begun:
            return Recorded.SENT
        return Recorded.OTHER_CONTENT if _differs(record, content) else Recorded.ALREADY_SENT


def _differs(record: object, content: str) -> bool:
    """Return whether a record has another content. One of an earlier release is the message's id alone."""
    recorded = record.get("content") if isinstance(record, Mapping) else ""
    return bool(recorded and content and recorded != content)
