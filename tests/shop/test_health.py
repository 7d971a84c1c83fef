"""The checks that Docker's HEALTHCHECK and a rollout ask for."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shop import health
from shop.server import GracefulServer, Response

NOBODY = 1  # a port that no ordinary program listens on


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a web process that answers each request with this status."""
    server = GracefulServer(0, lambda _: Response(status, b"{}"))
    server.start()
    yield server.port
    server.drain(1)


@contextmanager
def saying(words: bytes) -> Iterator[int]:
    """The port of somebody who says this to the first who connects, then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = threading.Event()

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(words)
                asked.wait(10)

        speaker = threading.Thread(target=speak)
        speaker.start()
        yield listener.getsockname()[1]
        asked.set()
        speaker.join()


@pytest.mark.parametrize(("status", "well"), [(200, True), (500, False), (404, False)])
def test_a_web_process_is_well_when_it_answers_with_200(status: int, well: bool) -> None:
    with answering(status) as port:
        assert health.web_is_well(port) is well


def test_a_web_process_that_does_not_listen_is_not_well() -> None:
    assert not health.web_is_well(NOBODY)


def test_what_is_not_http_is_not_well() -> None:
    with saying(b"hello\r\n") as port:
        assert not health.web_is_well(port)


def test_a_web_process_that_says_nothing_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_LIMIT", 0.1)
    with saying(b"") as port:
        assert not health.web_is_well(port)


@pytest.mark.parametrize(("seconds", "well"), [(0, True), (5, True), (11, False)])
def test_a_worker_is_well_for_ten_seconds_after_a_heartbeat(
    tmp_path: Path, seconds: int, well: bool
) -> None:
    heartbeat, then = tmp_path / "heartbeat", time.time() - seconds
    heartbeat.touch()
    os.utime(heartbeat, (then, then))
    assert health.worker_is_well(heartbeat) is well


def test_a_worker_without_a_heartbeat_is_not_well(tmp_path: Path) -> None:
    assert not health.worker_is_well(tmp_path / "heartbeat")
