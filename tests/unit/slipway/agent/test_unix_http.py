from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.agent.unix_http import request

Serve = Callable[[bytes], Path]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Answers the next request on a socket with the bytes it is given, and keeps the request."""
    threads = []

    def begin(answer: bytes) -> Path:
        path = tmp_path / "socket"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen()

        def run() -> None:
            connection, _ = listener.accept()
            (tmp_path / "asked").write_bytes(connection.recv(65536))
            connection.sendall(answer)
            connection.close()
            listener.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return path

    yield begin
    for thread in threads:
        thread.join(5)


def test_an_answer_is_what_comes_until_the_connection_ends(serve: Serve, tmp_path: Path) -> None:
    path = serve(b"HTTP/1.0 201 Created\r\nContent-Type: text/plain\r\n\r\none\ntwo\n")
    answer = request(str(path), "POST", "/x?a=1", {"X-Login": "me"}, b"body", 5)
    assert (answer.status, answer.headers) == (201, {"content-type": "text/plain"})
    assert list(answer.body) == [b"one\n", b"two\n"]
    assert (tmp_path / "asked").read_bytes() == (
        b"POST /x?a=1 HTTP/1.0\r\nHost: localhost\r\nContent-Length: 4\r\nX-Login: me\r\n\r\nbody"
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "broke off"),
        (b"HTTP/1.0 200 OK\r\nContent-", "broke off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it answered 'SSH-2.0-OpenSSH_9.2'"),
        (b"HTTP/1.1 soon\r\n\r\n", "it answered 'HTTP/1.1 soon'"),
    ],
)
def test_what_is_no_answer_is_an_error(serve: Serve, answer: bytes, said: str) -> None:
    with pytest.raises(OSError, match=said):
        request(str(serve(answer)), "GET", "/", {}, b"", 5)


def test_silence_is_an_error_in_time(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        with pytest.raises(TimeoutError):
            request(str(tmp_path / "socket"), "GET", "/", {}, b"", 0.1)
