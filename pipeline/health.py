"""`/livez`, `/readyz` and `/metrics`, served by threads of their own: they answer while the event loop folds, rebuilds or hangs."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from pipeline.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.metrics import Metrics
    from pipeline.status import Status

STUCK_AFTER_S = 60.0
"""`/livez` fails when the event loop has not turned for this long. One batch or one freeze takes well under a second."""

Answer = tuple[HTTPStatus, str, bytes]


def live(status: Status, stuck_after_s: float = STUCK_AFTER_S) -> Answer:
    """200 while the event loop turns. A failure means: restart the process."""
    silent_s = status.seconds_since_tick
    if silent_s > stuck_after_s:
        return (
            HTTPStatus.SERVICE_UNAVAILABLE,
            "text/plain",
            f"the event loop has not turned for {silent_s:.0f} s\n".encode(),
        )
    return HTTPStatus.OK, "text/plain", b"ok\n"


def ready(status: Status) -> Answer:
    """200 when every part works; else 503. The body tells each part's detail."""
    parts = status.parts()
    is_ready = all(part.ok for part in parts.values())
    body = {"ready": is_ready, "parts": {name: {"ok": part.ok, "detail": part.detail} for name, part in parts.items()}}
    code = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return code, "application/json", json.dumps(body).encode()


class HealthServer:
    """A small HTTP server on a thread. `port` 0 picks a free one; the attribute `port` tells which."""

    def __init__(self, status: Status, metrics: Metrics, host: str, port: int) -> None:
        self._answers: dict[str, Callable[[], Answer]] = {
            "/livez": lambda: live(status),
            "/readyz": lambda: ready(status),
            "/metrics": lambda: (HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", metrics.page()),
        }
        self._server = self._listen(host, port)
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _listen(self, host: str, port: int) -> ThreadingHTTPServer:
        try:
            return _Server((host, port), _handler(self))
        except OSError as error:
            message = f"cannot listen on {host}:{port} for health and metrics ({error.strerror}): set CASCADES_METRICS_PORT to a free port"
            raise UnavailableError(message) from error

    def answer(self, path: str) -> Answer:
        """The answer to one request."""
        make = self._answers.get(path.partition("?")[0])
        return make() if make else (HTTPStatus.NOT_FOUND, "text/plain", b"try /livez, /readyz or /metrics\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def _handler(health: HealthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # a client that says nothing does not keep a thread

        def do_GET(self) -> None:
            code, content_type, body = health.answer(self.path)
            self.send_response(code)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Probes come every few seconds: no line for each."""

    return Handler
