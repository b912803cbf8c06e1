"""From an SQS batch to outcomes and back."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from infra_events.domain.deadline import Deadline
from infra_events.domain.errors import ParkCode
from infra_events.domain.outcome import Note, NoteCode, Outcome, Parked, Retried, Sent, Skipped, Suppressed
from infra_events.ports import Message
from infra_events.runtime.worker import DirectInvocationError, QueueWorker
from tests.support.fakes import FakeParkingLot


class Context:
    aws_request_id = "request-1"
    function_name = "blue-ExampleWorker"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


OUTCOMES: dict[str, Outcome] = {
    "good": Sent(),
    "noted": Sent(notes=(Note(code=NoteCode.TAGS_UNAVAILABLE, reason="AccessDenied"),)),
    "silent": Suppressed(event_id="e-1", reason="tag"),
    "elsewhere": Skipped(),
    "poison": Parked(code=ParkCode.NOT_JSON, reason="the body is not JSON"),
    "late": Retried(reason="throttled"),
}


class Worker:
    def __init__(self, parking_error: Exception | None = None) -> None:
        self.parking_lot = FakeParkingLot(parking_error)
        self.seen: list[Message] = []
        self._log = io.StringIO()
        # Loggers of one name share their first stream, so each gets its own.
        logger = Logger(service=f"Test{id(self)}", stream=self._log)
        self.worker = QueueWorker(work=self._work, parking_lot=self.parking_lot, logger=logger)

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


def record(body: str) -> dict[str, Any]:
    return {
        "eventSource": "aws:sqs",
        "messageId": f"id-{body}",
        "body": body,
        "attributes": {"SentTimestamp": "1772366400000", "ApproximateReceiveCount": "1"},
        "messageAttributes": {
            "id": {"stringValue": "e-1", "dataType": "String"},
            "blob": {"binaryValue": "eA==", "dataType": "Binary"},
        },
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
    monkeypatch.setitem(OUTCOMES, "beat", Sent(heartbeat=datetime.now(UTC) - timedelta(seconds=7)))
    worker = Worker()
    worker.run("good", "beat")
    beat, summary = worker.log()
    assert (beat["message"], summary["message"], summary["sent"]) == ("heartbeat", "batch_finished", 2)
    assert beat["FunctionName"] == "blue-ExampleWorker"
    assert 7_000 <= beat["HeartbeatLatency"] < 60_000
    assert abs(beat["_aws"]["Timestamp"] / 1000 - datetime.now(UTC).timestamp()) < 60
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


@pytest.mark.parametrize("case", ["poison", "late"])
def test_a_direct_invocation_that_fails_never_reports_success(case: str) -> None:
    worker = Worker()
    with pytest.raises(DirectInvocationError):
        worker.worker.run({"case": case}, Context())
    assert worker.parking_lot.parked == []
