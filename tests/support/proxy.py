"""A service's endpoint with a bad day: a loopback proxy before the local AWS, which can refuse, hold and repeat.

A function reaches it through botocore's AWS_ENDPOINT_URL_<SERVICE> in its environment.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "host"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer in the AWS service's stead, to requests of which method and path match `only`: `PUT /2015-03-31/…`."""

    status: int
    error: str
    only: str = ""


@dataclass(slots=True, kw_only=True)
class Proxy:
    """Passes everything on, unless `refuse` is set; counts both."""

    url: str
    refuse: Refusal | None = None
    refused: int = 0
    passed: int = 0
    before: Callable[[], None] = field(default=lambda: None)
    """Called ahead of passing a request on; while it does not return, neither does the call."""
    after: Callable[[], None] = field(default=lambda: None)
    """Called when the service has done its work and the caller has no answer yet."""


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy before `upstream` (a URL) on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if state.refuse and re.search(state.refuse.only, f"{self.command} {self.path}"):
                state.refused += 1
                self._answer(state.refuse.status, {"x-amzn-ErrorType": state.refuse.error}, b"{}")
                return
            state.before()
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            with requests.Session() as session:
                session.trust_env = False  # a proxy of the environment is for other places
                answer = session.request(self.command, upstream + self.path, data=body, headers=headers, timeout=60)
            state.passed += 1
            state.after()
            self._answer(answer.status_code, {"Content-Type": answer.headers.get("Content-Type", "")}, answer.content)

        do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - http.server looks for these names

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Log nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the caller was killed, which is what some tests do

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = Proxy(url=f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
