"""Connections that outlive a rollout: they end in order, whatever happens to the proxy."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lab.waiting import until
from slipway.rollout.release import Release
from tests.agent.host import AgentHost, Result, release

LONG = 8.0  # seconds that a long request takes
DRAIN = 60.0  # seconds that connections have to end; nothing here lasts that long
APPLICATION = f"""
import base64, hashlib, os, signal, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked = threading.Event()  # for what takes long

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            return self.tunnel()
        body = os.environ["SLIPWAY_VERSION"].encode()
        if self.path == "/long":
            asked.set()
            time.sleep({LONG})
        elif self.path == "/asked":
            body = str(asked.is_set()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def tunnel(self):
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        while data := self.rfile.read1(1024):
            self.wfile.write(data)
        self.close_connection = True
    def log_message(self, *arguments):
        pass

class Server(ThreadingHTTPServer):
    def handle_error(self, request, address):
        pass

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
Server(("", 8000), Handler).serve_forever()
"""


def talking(version: str, *, replicas: int = 2) -> Release:
    """A release that answers slowly at /long, and repeats what comes through a tunnel."""
    plain = release(version, replicas=replicas)
    (web,) = plain.services
    return replace(plain, services=(replace(web, command=("python3", "-c", APPLICATION)),))


class Tunnel:
    """A connection that was upgraded, as WebSockets are."""

    def __init__(self, address: str) -> None:
        self.socket = socket.create_connection((address, 80), timeout=5)
        self.socket.sendall(
            b"GET /tunnel HTTP/1.1\r\nHost: shop\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2xpcHdheS1wcm94eS10ZQ==\r\n\r\n"
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        assert head.startswith(b"HTTP/1.1 101"), head

    def echo(self, word: bytes) -> bytes:
        self.socket.sendall(word)
        return self.socket.recv(64)


@contextmanager
def tunnel(address: str) -> Iterator[Tunnel]:
    opened = Tunnel(address)
    try:
        yield opened
    finally:
        opened.socket.close()


def test_open_connections_survive_a_reload_and_a_switch_and_end_in_order(
    serving: AgentHost,
) -> None:
    address, one, two = serving.server.address, talking("v1"), talking("v2", replicas=3)
    settings = replace(serving.request("pull", one).proxy, drain=DRAIN)
    serving.roll_out(one, proxy=settings)
    kept = http.client.HTTPConnection(address, 80, timeout=5)
    slow: list[str] = []
    ends: list[Result] = []

    def wait_long() -> None:
        connection = http.client.HTTPConnection(address, 80, timeout=LONG + 5)
        connection.request("GET", "/long")
        slow.append(connection.getresponse().read().decode())
        connection.close()

    waiting = threading.Thread(target=wait_long)
    try:
        with tunnel(address) as opened:
            assert ask(kept) == "v1"
            waiting.start()
            assert until(lambda: ask(kept, "/asked") == "True", LONG / 2, poll=0.1)
            staged = serving.start(two, proxy=settings)
            assert staged.code == 0, staged.progress
            assert "reloading the proxy" in staged.progress
            for step in ("switch", "prepare"):
                assert serving.call(step, two).code == 0
            assert serving.version() == "v2"
            assert opened.echo(b"still there") == b"still there"
            ending = threading.Thread(target=lambda: ends.append(serving.call("commit", two)))
            ending.start()
            waiting.join()
            assert slow == ["v1"]
            assert opened.echo(b"the old containers run") == b"the old containers run"
            assert ending.is_alive()
            assert ask(kept) == "v1"  # by the worker that has the connection, which then closes it
            kept.close()
        ending.join()
        assert ends[0].code == 0
        assert "closing" not in ends[0].progress
    finally:
        kept.close()
        if waiting.is_alive():
            waiting.join()
    assert serving.problems() == []
    retired = [state for name, state in serving.containers().items() if one.id[:8] in name]
    assert set(retired) == {"exited"}


def ask(connection: http.client.HTTPConnection, path: str = "/") -> str:
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def test_a_first_proxy_that_cannot_read_its_configuration_is_not_left(host: AgentHost) -> None:
    asked = replace(host.request("pull", release("v1")).proxy, http_port=70000)
    done = host.start(release("v1"), proxy=asked)
    assert done.code == 1
    assert "rejects its configuration" in done.error
    assert "70000" in done.error
    assert host.sh("docker ps --all --quiet") == ""
    host.roll_out(release("v1"))
    assert host.version() == "v1"
