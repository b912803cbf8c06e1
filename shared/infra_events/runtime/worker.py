"""The way from an SQS batch to outcomes and back: parking, partial failures, and one line of log."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypedDict

from aws_lambda_powertools import Logger

from infra_events.domain.errors import InfraEventsError
from infra_events.domain.outcome import Failure, Outcome, Parked, Retried, Sent, Suppressed, failed
from infra_events.domain.text import one_line
from infra_events.ports import Message, ParkingLot

_REASON_LIMIT = 300
_EPOCH = datetime.fromtimestamp(0, UTC)


class LogCode(StrEnum):
    """Every line a function may log; docs/runbook.md explains each."""

    BATCH_FINISHED = "batch_finished"
    HEARTBEAT = "heartbeat"
    MESSAGE_PARKED = "message_parked"
    MESSAGE_RETRIED = "message_retried"
    PARKING_FAILED = "parking_failed"


LambdaEvent = Mapping[str, Any]
"""An SQS batch, or what somebody invoked the function with."""


class LambdaContext(Protocol):
    """What we use of Lambda's context object."""

    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Tell how long the invocation may go on."""


class BatchItemFailure(TypedDict):
    """The identifier of a message that SQS should deliver again."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """Lambda's partial batch response; https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html."""

    batchItemFailures: list[BatchItemFailure]


class DirectInvocationError(InfraEventsError):
    """A message that was handed to the function directly did not get through: its caller must know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWorker:
    """Feeds ``work`` with batches. ``work`` answers one outcome per message, in order, and raises nothing.

    ``routing`` names the version of the routing in force, which the log tells.
    """

    work: Callable[[Sequence[Message]], Sequence[Outcome]]
    parking_lot: ParkingLot
    routing: str = ""
    logger: Logger = field(default_factory=Logger)

    def run(self, event: LambdaEvent, context: LambdaContext) -> BatchResponse:
        """Handle an SQS event, or a single message that somebody invoked the function with."""
        if not _is_batch(event):
            return self._run_directly(event, context)
        messages = [_message(record) for record in event["Records"]]
        outcomes = [self._settle(m, o) for m, o in zip(messages, self.work(messages), strict=True)]
        self._conclude(outcomes, context)
        return {
            "batchItemFailures": [
                {"itemIdentifier": message.id}
                for message, outcome in zip(messages, outcomes, strict=True)
                if isinstance(outcome, Retried)
            ]
        }

    def _run_directly(self, event: LambdaEvent, context: LambdaContext) -> BatchResponse:
        """Never report success for what failed: Lambda keeps an asynchronous event in its on-failure destination."""
        message = Message(id=context.aws_request_id, body=json.dumps(event), sent_time=datetime.now(UTC))
        (outcome,) = self.work([message])
        self._conclude([outcome], context)
        if isinstance(outcome, Failure):
            raise DirectInvocationError(outcome.reason)
        return {"batchItemFailures": []}

    def _settle(self, message: Message, outcome: Outcome) -> Outcome:
        """Bring a failed message where it belongs; one that cannot be parked stays in its queue."""
        if isinstance(outcome, Parked):
            try:
                self.parking_lot.park(message, outcome.code, outcome.reason)
            except Exception as error:  # noqa: BLE001 - not parked for whatever reason means not acknowledged
                # Not .exception: a traceback would carry the payload into the log.
                self.logger.error(LogCode.PARKING_FAILED, message_id=message.id, reason=_short(str(error)))  # noqa: TRY400
                return failed(error)
            self.logger.warning(
                LogCode.MESSAGE_PARKED, message_id=message.id, park_code=outcome.code, reason=_short(outcome.reason)
            )
        elif isinstance(outcome, Retried):
            self.logger.warning(LogCode.MESSAGE_RETRIED, message_id=message.id, reason=_short(outcome.reason))
        return outcome

    def _conclude(self, outcomes: Sequence[Outcome], context: LambdaContext) -> None:
        """Tell of each heartbeat that came out, and of the batch."""
        for outcome in outcomes:
            if isinstance(outcome, Sent) and outcome.heartbeat:
                now = datetime.now(UTC)
                latency = _milliseconds(now - outcome.heartbeat)
                self.logger.info(LogCode.HEARTBEAT, **_metric("HeartbeatLatency", latency, now, context.function_name))
        self._summarise(outcomes)

    def _summarise(self, outcomes: Sequence[Outcome]) -> None:
        """One line a batch: what became of each, by number; what people were spared, by id and reason."""
        notes = Counter(
            f"{note.code}: {_short(note.reason)}" for o in outcomes if isinstance(o, Sent) for note in o.notes
        )
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
            routing=self.routing,
        )


def _metric(name: str, milliseconds: int, now: datetime, function_name: str) -> dict[str, Any]:
    """Write a metric as fields of a log line, which CloudWatch reads out of the log: no call, no permission.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    definition = {
        "Namespace": "infra-events",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": "Milliseconds"}],
    }
    return {
        "_aws": {"Timestamp": _milliseconds(now - _EPOCH), "CloudWatchMetrics": [definition]},
        "FunctionName": function_name,
        name: milliseconds,
    }


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def _is_batch(event: LambdaEvent) -> bool:
    """Tell what SQS sends from an event that was handed over directly and happens to have a field of that name."""
    records = event.get("Records")
    return event.keys() == {"Records"} and isinstance(records, list) and all(_is_from_sqs(r) for r in records)


def _is_from_sqs(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs"


def _short(reason: str) -> str:
    return one_line(reason, _REASON_LIMIT)


def _message(record: Mapping[str, Any]) -> Message:
    """Read one record of an SQS event; binary attributes are nobody's here and are left out."""
    return Message(
        id=record["messageId"],
        body=record["body"],
        sent_time=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC),
        attributes={
            name: attribute["stringValue"]
            for name, attribute in record.get("messageAttributes", {}).items()
            if attribute.get("stringValue")
        },
    )
