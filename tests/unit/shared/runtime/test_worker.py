"""From an SQS batch to outcomes and back."""

import io
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from infra_events.domain.deadline import Deadline
from infra_events.domain.errors import ParkCode
from infra_events.domain.outcome import Later, Note, NoteCode, Outcome, Parked, Retried, Sent, Skipped, Suppressed
from infra_events.ports import Message
from infra_events.runtime.worker import DirectInvocationError, QueueWorker
from tests.support.fakes import FakeParkingLot, FakeRequeue


class Context:
    aws_request_id = "request-1"
    function_name = "blue-ExampleWorker"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


# Five minutes after the records were sent.
NOW = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)

OUTCOMES: dict[str, Outcome] = {
    "good": Sent(),
    "noted": Sent(notes=(Note(code=NoteCode.TAGS_UNAVAILABLE, reason="AccessDenied"),)),
    "silent": Suppressed(event_id="e-1", reason="tag"),
    "elsewhere": Skipped(),
    "poison": Parked(code=ParkCode.NOT_JSON, reason="the body is not JSON"),
    "late": Retried(reason="throttled"),
    "tomorrow": Later(until=NOW + timedelta(seconds=100), reason="the quota is used up"),
    "narrow": Parked(code=ParkCode.REFUSED, reason="no", body="what is left"),
}


_NUMBERS = itertools.count()


class Worker:
    def __init__(self, parking_error: Exception | None = None, requeue_error: Exception | None = None) -> None:
        self.parking_lot = FakeParkingLot(parking_error)
        self.requeue = FakeRequeue(requeue_error)
        self.seen: list[Message] = []
        self._log = io.StringIO()
        # Loggers of one name share their first stream, so each gets its own: an object's id is used again.
        logger = Logger(service=f"Test{next(_NUMBERS)}", stream=self._log)
        self.worker = QueueWorker(
            work=self._work, parking_lot=self.parking_lot, requeue=self.requeue, logger=logger, clock=lambda: NOW
        )

    def _work(self, messages: Sequence[Message], _deadline: Deadline) -> Sequence[Outcome]:
        self.seen += messages
        return [
            OUTCOMES[m.body.strip('"')] if m.body in OUTCOMES else OUTCOMES[json.loads(m.body)["case"]]
            for m in messages
        ]

    def run(self, *bodies: str) -> list[str]:
        event = {"Records": [record(body) for body in bodies]}
        return [item["itemIdentifier"] for item in self.worker.run(event, Context())["batchItemFailures"]]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.getvalue().splitlines()]


def record(body: str, **attributes: str) -> dict[str, Any]:
    return {
        "eventSource": "aws:sqs",
        "messageId": f"id-{body}",
        "body": body,
        "attributes": {"SentTimestamp": "1772366400000", "ApproximateReceiveCount": "1"},
        "messageAttributes": {
            "id": {"stringValue": "e-1", "dataType": "String"},
            "blob": {"binaryValue": "eA==", "dataType": "Binary"},
            **{name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()},
        },
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:blue-Queue",
    }


def test_only_what_must_be_retried_goes_back() -> None:
    worker = Worker()
    assert worker.run("good", "noted", "silent", "elsewhere", "poison", "late") == ["id-late"]
    assert [(m.id, code) for m, code, _ in worker.parking_lot.parked] == [("id-poison", ParkCode.NOT_JSON)]


def test_a_record_becomes_a_message() -> None:
    worker = Worker()
    worker.run("good")
    (message,) = worker.seen
    assert message.attributes == {"id": "e-1"}
    assert message.sent_time.isoformat() == "2026-03-01T12:00:00+00:00"
    assert (message.queue, message.first_enqueued, message.waiting_since) == ("blue-Queue", None, message.sent_time)


def test_a_message_knows_its_group() -> None:
    worker, one = Worker(), record("good")
    one["attributes"]["MessageGroupId"] = "payments"
    worker.worker.run({"Records": [one, record("noted")]}, Context())
    assert [message.group for message in worker.seen] == ["payments", ""]


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("2026-03-01T09:30:00.250Z", "2026-03-01T09:30:00.250000+00:00"),
        ("yesterday", "2026-03-01T12:00:00+00:00"),
        ("2126-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00"),
    ],
)
def test_a_message_that_was_postponed_waits_since_it_was_first_enqueued(text: str, since: str) -> None:
    worker = Worker()
    worker.worker.run({"Records": [record("good", first_enqueued=text)]}, Context())
    assert worker.seen[0].waiting_since.isoformat() == since


def test_what_comes_later_is_sent_to_its_queue_again_and_acknowledged() -> None:
    worker = Worker()
    assert worker.run("good", "tomorrow") == []
    ((message, delay),) = worker.requeue.sent
    assert message.id == "id-tomorrow"
    assert timedelta(seconds=100) <= delay <= timedelta(seconds=130)
    (summary,) = worker.log()
    assert (summary["sent"], summary["later"]) == (1, {"the quota is used up": 1})
    assert summary["AgeSinceFirstEnqueued"] == 300
    assert summary["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "infra-events",
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": "AgeSinceFirstEnqueued", "Unit": "Seconds"}],
        }
    ]


def test_what_comes_later_together_does_not_come_back_together() -> None:
    worker = Worker()
    worker.run(*["tomorrow"] * 10)
    assert len({delay for _, delay in worker.requeue.sent}) > 5


def test_what_is_due_already_is_delayed_by_nothing_but_the_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OUTCOMES, "due", Later(until=NOW - timedelta(hours=1), reason="no time"))
    worker = Worker()
    worker.run("due")
    ((_, delay),) = worker.requeue.sent
    assert delay == timedelta()


def test_what_cannot_be_sent_again_is_not_acknowledged() -> None:
    worker = Worker(requeue_error=ConnectionError("no way"))
    assert worker.run("good", "tomorrow") == ["id-tomorrow"]
    assert [line["message"] for line in worker.log()] == ["requeue_failed", "batch_finished"]


def test_a_worker_that_cannot_postpone_retries() -> None:
    worker = Worker()
    without = replace(worker.worker, requeue=None)
    assert without.run({"Records": [record("tomorrow")]}, Context()) == {
        "batchItemFailures": [{"itemIdentifier": "id-tomorrow"}]
    }


@pytest.mark.parametrize(("hours", "parked"), [(71.9, []), (72, [ParkCode.WAITED_TOO_LONG])])
def test_what_has_waited_for_three_days_is_parked(hours: float, parked: list[ParkCode]) -> None:
    worker = Worker()
    since = (NOW - timedelta(hours=hours)).isoformat()
    assert worker.worker.run({"Records": [record("tomorrow", first_enqueued=since)]}, Context()) == {
        "batchItemFailures": []
    }
    assert [code for _, code, _ in worker.parking_lot.parked] == parked
    assert len(worker.requeue.sent) == 1 - len(parked)


def test_a_part_that_can_never_succeed_is_parked_in_place_of_the_whole() -> None:
    worker = Worker()
    assert worker.run("narrow") == []
    ((message, _, _),) = worker.parking_lot.parked
    assert (message.id, message.body, message.attributes) == ("id-narrow", "what is left", {"id": "e-1"})


def test_what_cannot_be_parked_is_not_acknowledged() -> None:
    worker = Worker(parking_error=ConnectionError("no way"))
    assert worker.run("good", "poison") == ["id-poison"]
    assert [line["message"] for line in worker.log()] == ["parking_failed", "batch_finished"]


def test_what_there_is_no_time_to_park_is_retried() -> None:
    worker, context = Worker(), Context()
    left = iter([30_000, 900, 200])
    context.get_remaining_time_in_millis = lambda: next(left)  # type: ignore[method-assign]
    event = {"Records": [record("poison"), record("poison")]}
    assert worker.worker.run(event, context) == {"batchItemFailures": [{"itemIdentifier": "id-poison"}]}
    assert len(worker.parking_lot.parked) == 1


def test_work_is_given_the_invocations_deadline() -> None:
    deadlines: list[Deadline] = []

    def work(_messages: Sequence[Message], deadline: Deadline) -> Sequence[Outcome]:
        deadlines.append(deadline)
        return [Sent()]

    QueueWorker(work=work, parking_lot=FakeParkingLot()).run({"Records": [record("good")]}, Context())
    QueueWorker(work=work, parking_lot=FakeParkingLot()).run({}, Context())
    assert [deadline.remaining() for deadline in deadlines] == [timedelta(seconds=30)] * 2


def test_a_batch_is_one_line_and_each_failure_one_more() -> None:
    worker = Worker()
    worker.run("good", "noted", "silent", "elsewhere", "poison", "late")
    parked, retried, summary = worker.log()
    assert (parked["message"], parked["park_code"], parked["message_id"]) == ("message_parked", "not_json", "id-poison")
    assert (retried["message"], retried["reason"]) == ("message_retried", "throttled")
    assert summary["message"] == "batch_finished"
    assert {k: summary[k] for k in ("received", "sent", "parked", "retried", "skipped", "suppressed", "notes")} == {
        "received": 6,
        "sent": 2,
        "parked": 1,
        "retried": 1,
        "skipped": 1,
        "suppressed": [{"id": "e-1", "reason": "tag"}],
        "notes": {"tags_unavailable: AccessDenied": 1},
    }


def test_a_heartbeat_that_came_out_is_a_metric_of_its_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OUTCOMES, "beat", Sent(heartbeat=NOW - timedelta(seconds=7)))
    worker = Worker()
    worker.run("good", "beat")
    beat, summary = worker.log()
    assert (beat["message"], summary["message"], summary["sent"]) == ("heartbeat", "batch_finished", 2)
    assert beat["FunctionName"] == "blue-ExampleWorker"
    assert beat["HeartbeatLatency"] == 7_000
    assert beat["_aws"]["Timestamp"] == NOW.timestamp() * 1000
    assert beat["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "infra-events",
            "Dimensions": [["FunctionName"]],
            "Metrics": [{"Name": "HeartbeatLatency", "Unit": "Milliseconds"}],
        }
    ]


def test_a_direct_invocation_is_served() -> None:
    worker = Worker()
    assert worker.worker.run({"case": "good"}, Context()) == {"batchItemFailures": []}
    assert [m.id for m in worker.seen] == ["request-1"]


@pytest.mark.parametrize("records", [{}, [], [{"eventSource": "aws:sns"}], "text"])
def test_an_event_that_has_a_field_called_records_is_no_batch(records: object) -> None:
    worker = Worker()
    worker.worker.run({"case": "good", "Records": records}, Context())
    assert [m.id for m in worker.seen] == ["request-1"]


def test_an_empty_batch_is_one() -> None:
    worker = Worker()
    assert worker.run() == []
    assert worker.seen == []


def test_a_hostile_id_does_not_cost_the_record_of_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OUTCOMES, "silent", Suppressed(event_id="abc\ud800" + "x" * 1000, reason="tag"))
    worker = Worker()
    worker.run("good", "silent")
    (summary,) = worker.log()
    assert summary["received"] == 2
    assert len(summary["suppressed"][0]["id"]) <= 300


@pytest.mark.parametrize("case", ["poison", "late", "tomorrow"])
def test_a_direct_invocation_that_fails_never_reports_success(case: str) -> None:
    worker = Worker()
    with pytest.raises(DirectInvocationError):
        worker.worker.run({"case": case}, Context())
    assert worker.parking_lot.parked == []
