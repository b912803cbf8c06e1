"""The worker: hands an SQS batch to its work, parks or retries what failed, and logs one line per batch."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypedDict

from aws_lambda_powertools import Logger

from infra_events.domain.deadline import OUT_OF_TIME, TO_FINISH, Deadline
from infra_events.domain.errors import InfraEventsError, ParkCode, PermanentError
from infra_events.domain.outcome import Failure, Later, Outcome, Parked, Retried, Sent, Skipped, Suppressed
from infra_events.domain.text import one_line
from infra_events.domain.time import parse_time
from infra_events.ports import FIRST_ENQUEUED, Message, ParkingLot, Requeue

_REASON_LIMIT = 300
_LONGEST_WAIT = timedelta(hours=72)
# So that what was refused together does not come back together.
_JITTER_SECONDS = 30.0
_EPOCH = datetime.fromtimestamp(0, UTC)


class LogCode(StrEnum):
    """The messages of all log lines of the functions; docs/runbook.md explains each."""

    BATCH_FINISHED = "batch_finished"
    HEARTBEAT = "heartbeat"
    MESSAGE_PARKED = "message_parked"
    MESSAGE_RETRIED = "message_retried"
    PARKING_FAILED = "parking_failed"
    REQUEUE_FAILED = "requeue_failed"


def _now() -> datetime:
    return datetime.now(UTC)


LambdaEvent = Mapping[str, Any]
"""An SQS batch, or the payload of a direct invocation."""


class LambdaContext(Protocol):
    """The parts of Lambda's context object that are used."""

    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still run."""


class BatchItemFailure(TypedDict):
    """The identifier of a message that SQS should deliver again."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """Lambda's partial batch response; https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html."""

    batchItemFailures: list[BatchItemFailure]


class DirectInvocationError(InfraEventsError):
    """A message of a direct invocation failed: its caller must know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWorker:
    """Hands batches to ``work``, which returns one outcome per message, in order, and raises nothing.

    ``work`` begins no message that the deadline leaves no time for: Lambda never ends it in the middle of a batch.
    ``to_finish`` is how long it needs at most for the last one. ``requeue`` belongs to work that postpones messages.

    ``routing`` is the digest of the routing in force, for the log. ``clock`` returns the time (aware).
    """

    work: Callable[[Sequence[Message], Deadline], Sequence[Outcome]]
    parking_lot: ParkingLot
    requeue: Requeue | None = None
    to_finish: timedelta = TO_FINISH
    routing: str = ""
    clock: Callable[[], datetime] = _now
    logger: Logger = field(default_factory=Logger)

    def run(self, event: LambdaEvent, context: LambdaContext) -> BatchResponse:
        """Handle an SQS batch, or the single message of a direct invocation."""
        if not _is_batch(event):
            return self._run_directly(event, context)
        deadline = self._deadline(context)
        messages = [_message(record) for record in event["Records"]]
        outcomes = [self._settle(m, o, deadline) for m, o in zip(messages, self.work(messages, deadline), strict=True)]
        self._conclude(messages, outcomes, context)
        return {
            "batchItemFailures": [
                {"itemIdentifier": message.id}
                for message, outcome in zip(messages, outcomes, strict=True)
                if isinstance(outcome, Retried)
            ]
        }

    def _deadline(self, context: LambdaContext) -> Deadline:
        return Deadline.of(lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()), self.to_finish)

    def _run_directly(self, event: LambdaEvent, context: LambdaContext) -> BatchResponse:
        """Raise what failed, so that Lambda keeps an asynchronous event in its on-failure destination."""
        message = Message(id=context.aws_request_id, body=json.dumps(event), sent_time=self.clock())
        (outcome,) = self.work([message], self._deadline(context))
        self._conclude([message], [outcome], context)
        if isinstance(outcome, Failure | Later):
            raise DirectInvocationError(outcome.reason)
        return {"batchItemFailures": []}

    def _settle(self, message: Message, outcome: Outcome, deadline: Deadline) -> Outcome:
        """Park, postpone or report a message; one for which that fails, or not in time, stays in its queue."""
        if isinstance(outcome, Later) and self.clock() - message.waiting_since >= _LONGEST_WAIT:
            outcome = Parked(code=ParkCode.WAITED_TOO_LONG, reason=outcome.reason)
        if isinstance(outcome, Parked | Later) and not deadline.may_settle():
            outcome = OUT_OF_TIME
        if isinstance(outcome, Later):
            return self._postpone(message, outcome)
        if isinstance(outcome, Parked):
            try:
                parked = replace(message, body=outcome.body) if outcome.body else message
                self.parking_lot.park(parked, outcome.code, outcome.reason)
            except Exception as error:  # noqa: BLE001 - a message that is not parked, for any reason, is not acknowledged
                return self._not_settled(LogCode.PARKING_FAILED, message, error)
            self.logger.warning(
                LogCode.MESSAGE_PARKED, message_id=message.id, park_code=outcome.code, reason=_short(outcome.reason)
            )
        elif isinstance(outcome, Retried):
            self.logger.warning(LogCode.MESSAGE_RETRIED, message_id=message.id, reason=_short(outcome.reason))
        return outcome

    def _postpone(self, message: Message, outcome: Later) -> Outcome:
        """Send a message to its queue again: it then counts as received for the first time."""
        if self.requeue is None:
            return Retried(reason=outcome.reason)
        delay = outcome.until - self.clock() + timedelta(seconds=random.uniform(0, _JITTER_SECONDS))  # noqa: S311 - no secret
        try:
            self.requeue.send(message, max(delay, timedelta()))
        except Exception as error:  # noqa: BLE001 - a message that is not sent again, for any reason, is not acknowledged
            return self._not_settled(LogCode.REQUEUE_FAILED, message, error)
        return outcome

    def _not_settled(self, code: LogCode, message: Message, error: Exception) -> Retried:
        # Not .exception: a traceback would carry the payload into the log.
        self.logger.error(code, message_id=message.id, reason=_short(str(error)))
        return Retried(reason=f"{code}: {error}")

    def _conclude(self, messages: Sequence[Message], outcomes: Sequence[Outcome], context: LambdaContext) -> None:
        """Log the latency of each heartbeat that was delivered, and the batch."""
        now = self.clock()
        for outcome in outcomes:
            if isinstance(outcome, Sent) and outcome.heartbeat:
                latency = _milliseconds(now - outcome.heartbeat)
                metric = _metric("HeartbeatLatency", "Milliseconds", latency, now, context.function_name)
                self.logger.info(LogCode.HEARTBEAT, **metric)
        waits = [now - m.waiting_since for m, o in zip(messages, outcomes, strict=True) if isinstance(o, Later)]
        longest = max(waits, default=timedelta()) // timedelta(seconds=1)
        name = context.function_name
        self._summarise(outcomes, _metric("AgeSinceFirstEnqueued", "Seconds", longest, now, name) if waits else {})

    def _summarise(self, outcomes: Sequence[Outcome], metric: Mapping[str, Any]) -> None:
        """Log one line per batch: the number of each outcome, and each suppressed event by id and reason."""
        notes = Counter(
            f"{note.code}: {_short(note.reason)}" for o in outcomes if isinstance(o, Sent) for note in o.notes
        )
        skipped = sum(isinstance(o, Skipped) for o in outcomes)
        others: dict[str, Any] = {"skipped": skipped} if skipped else {}
        if later := Counter(_short(o.reason) for o in outcomes if isinstance(o, Later)):
            others |= {"later": dict(later), **metric}
        self.logger.info(
            LogCode.BATCH_FINISHED,
            received=len(outcomes),
            sent=sum(isinstance(o, Sent) for o in outcomes),
            parked=sum(isinstance(o, Parked) for o in outcomes),
            retried=sum(isinstance(o, Retried) for o in outcomes),
            suppressed=[
                {"id": _short(o.event_id), "reason": _short(o.reason)} for o in outcomes if isinstance(o, Suppressed)
            ],
            notes=dict(notes),
            **others,
            routing=self.routing,
        )


def _metric(name: str, unit: str, value: int, now: datetime, function_name: str) -> dict[str, Any]:
    """Return a metric as fields of a log line, from which CloudWatch reads it without a call or a permission.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    definition = {
        "Namespace": "infra-events",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": unit}],
    }
    return {
        "_aws": {"Timestamp": _milliseconds(now - _EPOCH), "CloudWatchMetrics": [definition]},
        "FunctionName": function_name,
        name: value,
    }


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def _is_batch(event: LambdaEvent) -> bool:
    """Return whether SQS sent this; an event of a direct invocation may happen to have a field ``Records``."""
    records = event.get("Records")
    return event.keys() == {"Records"} and isinstance(records, list) and all(_is_from_sqs(r) for r in records)


def _is_from_sqs(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs"


def _short(reason: str) -> str:
    return one_line(reason, _REASON_LIMIT)


def _message(record: Mapping[str, Any]) -> Message:
    """Return the message of an SQS record, without binary attributes, which none of our messages has."""
    attributes = {
        name: attribute["stringValue"]
        for name, attribute in record.get("messageAttributes", {}).items()
        if attribute.get("stringValue")
    }
    return Message(
        id=record["messageId"],
        body=record["body"],
        sent_time=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC),
        attributes=attributes,
        queue=record.get("eventSourceARN", "").rpartition(":")[2],
        first_enqueued=_time(attributes.get(FIRST_ENQUEUED)),
        group=record["attributes"].get("MessageGroupId", ""),
    )


def _time(text: str | None) -> datetime | None:
    """Return a time, None where there is none that can be read: a message is never refused for it."""
    try:
        return parse_time(text, FIRST_ENQUEUED) if text else None
    except PermanentError:
        return None
