"""EventBridge's PutEvents on loopback, with bad days: entries and whole calls that fail, and answers that get lost."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aws_service_event_handler.envelope import AwsEvent
from tests.support.builders import ACCOUNT, REGION, message

BUS = "OrgInfrastructure"
SOUND, BROKEN, LOST = "sound", "broken", "lost"
"""How a call goes: well; not at all; well, but its answer does not get through."""


@dataclass(slots=True)
class EventBridge:
    """What arrived, in order, as events on a bus; the callables decide what fails."""

    port: int = 0
    arrived: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    entry_error: Callable[[], str] = field(default=lambda: "")
    call: Callable[[], str] = field(default=lambda: SOUND)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a process that shall talk to it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    @property
    def ids(self) -> list[str]:
        """The ids that the arrived events have behind the bus."""
        return [AwsEvent.read(message(event)).id for event in self.arrived]

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if operation == "DescribeEventBus":
            there = request["Name"] == BUS
            return (200, {"Name": BUS}) if there else (400, {"__type": "ResourceNotFoundException"})
        with self._lock:
            self.calls += 1
            fate = self.call()
            if fate == BROKEN:
                return 503, {"__type": "ServiceUnavailable"}
            results = [self._put(entry) for entry in request["Entries"]]
        failed = sum("ErrorCode" in result for result in results)
        return (200, {"FailedEntryCount": failed, "Entries": results}) if fate == SOUND else (500, {"__type": "Lost"})

    def _put(self, entry: dict[str, Any]) -> dict[str, str]:
        assert entry["EventBusName"] == BUS
        if code := self.entry_error():
            return {"ErrorCode": code, "ErrorMessage": "a bad day"}
        event_id = f"00000000-0000-0000-0000-{len(self.arrived):012}"
        self.arrived.append(
            {
                "version": "0",
                "id": event_id,
                "account": ACCOUNT,
                "region": REGION,
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "resources": entry["Resources"],
                "detail": json.loads(entry["Detail"]),
            }
        )
        return {"EventId": event_id}


@contextmanager
def event_bridge(before: EventBridge | None = None) -> Iterator[EventBridge]:
    """Run it on a free port; or the one from ``before`` again, on its own."""
    state = before or EventBridge()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = state.answer(self.headers["X-Amz-Target"].partition(".")[2], request)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", state.port), Handler) as server:
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
