"""An event bus: PutEvents, with an error for each event that was not accepted.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html: ten entries a call, and since 2026 1 MB
in sum (256 KB before, and on older pages). We stay at 256 KiB for an event and for a call: the topic behind the bus
accepts no larger message, so a larger event would be lost between the two.
"""

import json
import random
import time
from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.batches import MAX_BYTES, batches
from infra_events.aws.clients import delivery_client, transient
from infra_events.domain.errors import ParkCode, PermanentError, TransientError, error_code
from infra_events.wire.custom_event import CustomEvent

# The codes of an entry, or a call, that is itself at fault. A missing permission is not among them: an operator can fix
# it. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
_REFUSED = frozenset(
    {
        "InvalidArgument",
        "MalformedDetail",
        "NotAuthorizedForSourceException",
        "NotAuthorizedForDetailTypeException",
        "RequestEntityTooLarge",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_TIME_BYTES = 14
# What EventBridge adds to each event: id, account, region, and the names of all fields.
_ENVELOPE_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBus:
    """Puts events on one bus, by its name or ARN; ``attempts`` is how often it tries in all, pausing with ``sleep``.

    ``client`` returns the client of a service; without it, the process's environment decides which account that is.
    """

    name: str
    client: Callable[[str], Any] = delivery_client
    attempts: int = 6
    sleep: Callable[[float], object] = time.sleep

    def put(self, events: Sequence[CustomEvent]) -> Sequence[Exception | None]:
        """Put events in as few calls as EventBridge allows; return for each, in order, None or its error.

        Events with a transient error are tried again. When the answer of a call is lost, its events may be on the bus
        twice; their idempotency keys mark them as the same.
        """
        errors: list[Exception | None] = [None] * len(events)
        entries: dict[int, dict[str, Any]] = {}
        for index, event in enumerate(events):
            try:
                entries[index] = self._entry(event)
            except PermanentError as error:
                errors[index] = error
        pending = {index: _size(entry) for index, entry in entries.items()}
        for attempt in range(self.attempts):
            if attempt:
                longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
                self.sleep(random.uniform(0, longest))  # noqa: S311 - no secret; it must only differ between processes
            for batch in batches(pending):
                self._put(entries, batch, errors)
            pending = {index: size for index, size in pending.items() if isinstance(errors[index], TransientError)}
            if not pending:
                break
        return errors

    def is_missing(self) -> bool:
        """Return whether the bus certainly does not exist: then PutEvents would accept events and drop them.

        https://github.com/aws/aws-cli/issues/9186
        """
        try:
            self.client("events").describe_event_bus(Name=self.name)
        except ClientError as error:
            return error_code(error) == "ResourceNotFoundException"
        except BotoCoreError as error:
            raise transient("events:DescribeEventBus", error) from error
        return False

    def _put(
        self, entries: dict[int, dict[str, Any]], batch: Sequence[int], errors: MutableSequence[Exception | None]
    ) -> None:
        try:
            answer = self.client("events").put_events(Entries=[entries[index] for index in batch])
        except (ClientError, BotoCoreError) as error:
            if error_code(error) not in _REFUSED:
                for index in batch:
                    errors[index] = transient("events:PutEvents", error)
            elif len(batch) == 1:
                errors[batch[0]] = _refused(error_code(error))
            else:  # One bad entry failed the whole call: find it, so that the others are accepted.
                for index in batch:
                    self._put(entries, [index], errors)
            return
        results = dict(zip(batch, answer["Entries"], strict=False))
        for index in batch:
            result = results.get(index, {})
            code = result.get("ErrorCode") or ("" if result.get("EventId") else "Unknown")
            failed = _refused(code) if code in _REFUSED else TransientError(f"events:PutEvents: {code}")
            errors[index] = failed if code else None

    def _entry(self, event: CustomEvent) -> dict[str, Any]:
        try:
            detail = json.dumps(event.detail, separators=(",", ":"))
        except RecursionError as error:
            raise PermanentError(ParkCode.NOT_JSON, "detail is nested too deep") from error
        entry = {
            "EventBusName": self.name,
            "Source": event.source,
            "DetailType": event.detail_type,
            "Time": event.time,
            "Resources": list(event.resources),
            "Detail": detail,
        }
        if (size := _size(entry)) > MAX_BYTES:
            raise PermanentError(ParkCode.TOO_LARGE, f"{size} bytes; an event may have {MAX_BYTES}")
        return entry


def _refused(code: str) -> PermanentError:
    return PermanentError(ParkCode.REFUSED, f"EventBridge refused the event: {code}")


def _size(entry: dict[str, Any]) -> int:
    """Return the bytes of an entry as EventBridge counts them, and of what it adds.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
    """
    texts = (entry["Source"], entry["DetailType"], entry["Detail"], *entry["Resources"])
    return _TIME_BYTES + _ENVELOPE_BYTES + sum(len(text.encode(errors="surrogatepass")) for text in texts)
