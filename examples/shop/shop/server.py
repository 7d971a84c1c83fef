"""An HTTP/1.1 server with keep-alive that stops without losing a request."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

from shop import log

IDLE_LIMIT = 75.0
BODY_LIMIT = 64 * 1024
LINGER = 0.5
TALK_PAUSE = 0.2


@dataclass(frozen=True)
class Request:
    """What an application needs to know of a request; `path` is without the query."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Response:
    """What an application answers; length and connection headers are the server's affair."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    endless: bool = False  # a head that never ends, as only a misbehaving application answers


Application = Callable[[Request], Response]


class GracefulServer(ThreadingTCPServer):
    """Answers each connection in a thread of its own until it is told to drain."""

    daemon_threads = True  # drain() decides how long to wait, not the interpreter's exit
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        self.draining = False
        self._closing = False
        self._busy: dict[object, bool] = {}
        self._changed = threading.Condition()
        super().__init__(("", port), _Handler)

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for port 0 (any free one)."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def drain(self, limit: float) -> bool:
        """Stop accepting, answer what is under way, close; True if `limit` seconds were enough.

        Clients that keep a connection open learn by `Connection: close` in their next answer.
        One may be sending just now, so idle connections live for another LINGER seconds.
        """
        self.draining = True
        self.shutdown()
        self._accept_waiting()
        self.server_close()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, LINGER)
            self._closing = True
            for connection, busy in self._busy.items():
                if not busy:
                    _stop_reading(connection)
            return self._changed.wait_for(lambda: not self._busy, limit)

    def mark(self, connection: object, *, busy: bool) -> bool:
        """Note that a request began or ended; False when the connection is not to be read again."""
        with self._changed:
            self._busy[connection] = busy
            return busy or not self._closing

    def process_request(self, request: object, client_address: object) -> None:
        """Answer a new connection in a thread (socketserver calls this)."""
        self.mark(request, busy=False)
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def close_request(self, request: object) -> None:
        """Close a connection for good (socketserver calls this)."""
        super().close_request(request)  # type: ignore[arg-type]
        with self._changed:
            self._busy.pop(request, None)
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Log what no application caused (socketserver calls this)."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):  # else the client went away
            log.error("connection failed", error=repr(error))

    def _accept_waiting(self) -> None:
        # Closing the listener resets the connections that wait to be accepted.
        self.socket.setblocking(False)
        with suppress(OSError):
            while True:
                self.process_request(*self.get_request())


class _UnreadableBodyError(Exception):
    def __init__(self, status: int, fault: str) -> None:
        super().__init__(fault)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: GracefulServer
    protocol_version = "HTTP/1.1"
    server_version = "shop"
    sys_version = ""
    timeout = IDLE_LIMIT
    wbufsize = -1  # headers and body leave in one packet
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        super().handle_one_request()
        if not self.server.mark(self.connection, busy=False):
            self.close_connection = True

    def parse_request(self) -> bool:
        self.server.mark(self.connection, busy=True)
        return super().parse_request()

    def _answer(self) -> None:
        try:
            body = self._read_body()
        except _UnreadableBodyError as error:
            # What follows on the connection can't be told from a next request.
            self.close_connection = True
            self._send(Response(error.status, f'{{"errors": ["{error}"]}}'.encode()))
            return
        path = self.path.partition("?")[0]
        self._send(self.server.application(Request(self.command, path, body)))

    # Which methods a path takes is the application's to say.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _read_body(self) -> bytes:
        text = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not text.isdecimal():
            raise _UnreadableBodyError(411, "the length of the body must be given")
        length = int(text)
        if length > BODY_LIMIT:
            raise _UnreadableBodyError(413, f"the body may have {BODY_LIMIT} bytes")
        body = self.rfile.read(length)
        if len(body) < length:
            raise _UnreadableBodyError(400, "the body is shorter than its length says")
        return body

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        while response.endless:
            self.send_header("X-Endless", "yes")
            self.flush_headers()
            self.wfile.flush()
            time.sleep(TALK_PAUSE)
        if self.server.draining or self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing: the application counts requests, and logs them when asked to."""


def _stop_reading(connection: object) -> None:
    # A reader gets what has already arrived, then the end.
    if isinstance(connection, socket.socket):
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)
