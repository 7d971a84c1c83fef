"""A peer that talks for ever is given up as soon as one that is silent."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slipway.agent import peers
from slipway.agent.deadline import Deadline, connect
from slipway.agent.engine.client import Engine
from slipway.agent.haproxy import socket as runtime
from slipway.agent.haproxy.socket import RuntimeSocket
from slipway.agent.health import Subject, fault
from slipway.errors import SlipwayError
from slipway.rollout.release import Health
from slipway.rollout.two_phase_commit import Vote
from tests.unit.slipway.agent.fake_engine import Containers

LIMIT = 0.5  # seconds
SOON = 10.0  # seconds: on a busy machine, and far less than the talker's time
PAUSE = 0.05  # seconds between two bytes: a limit of silence alone would never end
TALK: dict[str, tuple[bytes, bytes]] = {
    "http": (b"HTTP/1.1 200 OK\r\n", b"X"),  # the headers never end
    "oidc": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{", b" "),  # nor does the body
    "postgres": (b"E\xff\xff\xff\xff", b"x"),
    "redis": (b"+", b"P"),
}
"""By kind of health check, how an answer begins, and how it goes on for ever."""


@contextmanager
def talker(listener: socket.socket, begin: bytes, more: bytes) -> Iterator[None]:
    """Answers with `begin`, and then with `more` again and again."""
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(begin)
            while not over.wait(PAUSE):
                connection.sendall(more)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(SOON)


@contextmanager
def tcp(begin: bytes, more: bytes) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with talker(listener, begin, more):
        yield port


@contextmanager
def unix(path: Path, begin: bytes, more: bytes) -> Iterator[None]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    with talker(listener, begin, more):
        yield


def soon(do: Callable[[], object]) -> object:
    """What came of it, in time."""
    began = time.monotonic()
    found = do()
    assert time.monotonic() - began < SOON
    return found


@pytest.mark.parametrize("kind", TALK)
def test_a_health_check_gives_an_endless_answer_up(kind: str) -> None:
    with tcp(*TALK[kind]) as port:
        subject = Subject("web", "web-1", Health(kind, timeout=LIMIT), "127.0.0.1", port)
        assert "timed out" in str(soon(lambda: fault(Containers("web"), subject)))


def test_a_health_command_gives_an_endless_output_up(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
    with unix(tmp_path / "docker.sock", head, b"w"):
        engine = Engine(f"unix://{tmp_path / 'docker.sock'}")
        engine._version = "1.41"
        with pytest.raises(SlipwayError, match="timed out"):
            soon(lambda: engine.call("POST", "/exec/1/start", timeout=LIMIT))


def test_the_proxys_runtime_api_gives_an_endless_answer_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "TIMEOUT", LIMIT)
    with (
        unix(tmp_path / "haproxy.sock", b"Name", b"x"),
        pytest.raises(SlipwayError, match="timed out"),
    ):
        soon(RuntimeSocket(tmp_path / "haproxy.sock").worker)


def test_a_peer_that_never_ends_its_vote_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "TIMEOUT", LIMIT)
    with tcp(b"HTTP/1.1 200 OK\r\n", b"X") as port:
        votes = soon(lambda: peers.ask({"two": f"127.0.0.1:{port}"}, "t"))
    assert votes == {"two": peers.Answer(Vote.UNKNOWN)}


def test_more_bytes_than_allowed_end_an_exchange() -> None:
    with tcp(b"x" * 64, b"x" * 64) as port:
        own = connect("127.0.0.1", port, Deadline(SOON, most=100))
        own.sendall(b"?")

        def read() -> None:
            while own.recv(50):
                pass

        with own, pytest.raises(OSError, match="the answer is longer than 100 bytes"):
            soon(read)


def test_silence_ends_an_exchange_before_its_time_is_over() -> None:
    with tcp(b"", b"") as port, connect("127.0.0.1", port, Deadline(60, silence=LIMIT)) as own:
        own.sendall(b"?")
        with pytest.raises(TimeoutError):
            soon(lambda: own.recv(1))
