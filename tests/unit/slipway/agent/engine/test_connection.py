"""What the engine's socket answers is taken whole, in time and within its size, or not at all."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from slipway.agent.engine import connection
from slipway.agent.engine.connection import Answer

Serve = Callable[[Iterable[bytes]], Path]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Answers the next request on a socket with parts of bytes, and keeps the request."""
    threads = []

    def begin(parts: Iterable[bytes]) -> Path:
        path = tmp_path / "socket"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen()

        def run() -> None:
            client, _ = listener.accept()
            with client, listener, contextlib.suppress(OSError):  # who asked may have gone
                heard = b""
                while not heard.endswith(b"body" if heard.startswith(b"POST") else b"\r\n\r\n"):
                    heard += client.recv(65536)
                (tmp_path / "asked").write_bytes(heard)
                for part in parts:
                    client.sendall(part)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return path

    yield begin
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def asked(path: Path, timeout: float = 5, total: float = 5) -> Answer:
    return connection.request(str(path), "GET", "/x", {}, b"", timeout=timeout, total=total)


def whole(body: bytes) -> list[bytes]:
    return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body]


def test_a_request_is_sent_as_it_was_given(serve: Serve, tmp_path: Path) -> None:
    path = serve([b"HTTP/1.1 201 Created\r\nApi-Version: 1.45\r\nContent-Length: 0\r\n\r\n"])
    answer = connection.request(
        str(path), "POST", "/x?a=1", {"X-Login": "me"}, b"body", timeout=5, total=5
    )
    assert (answer.status, answer.read()) == (201, b"")
    assert (answer.header("Api-Version"), answer.header("Other")) == ("1.45", "")
    head, _, body = (tmp_path / "asked").read_bytes().partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    assert (first, body) == (b"POST /x?a=1 HTTP/1.1", b"body")
    assert {b"Host: localhost", b"Content-Length: 4", b"X-Login: me"} <= set(headers)


def test_an_answer_of_known_length_is_read_to_its_end(serve: Serve) -> None:
    assert asked(serve(whole(b"one\ntwo\n"))).read() == b"one\ntwo\n"


def test_an_answer_is_read_line_by_line(serve: Serve) -> None:
    assert list(asked(serve(whole(b"one\ntwo"))).lines()) == [b"one\n", b"two"]


CHUNKED = [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    *(b"4\r\none\n\r\n", b"5\r\ntwo\nt\r\n", b"4\r\nhree\r\n", b"0\r\n\r\n"),
]


def test_an_answer_in_chunks_is_put_together(serve: Serve) -> None:
    assert asked(serve(CHUNKED)).read() == b"one\ntwo\nthree"


def test_lines_go_on_from_one_chunk_to_the_next(serve: Serve) -> None:
    assert list(asked(serve(CHUNKED)).lines()) == [b"one\n", b"two\n", b"three"]


def test_an_answer_without_a_length_ends_where_the_connection_does(serve: Serve) -> None:
    assert asked(serve([b"HTTP/1.0 200 OK\r\n\r\n", b"one\n", b"two"])).read() == b"one\ntwo"


CUT = {
    "length": [b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", b"one\n", b"two\n"],
    "length, nothing": [b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"],
    "chunk": [CHUNKED[0], b"4\r\none\n\r\n", b"9\r\ntwo"],
    "last chunk": [CHUNKED[0], b"4\r\none\n\r\n"],
}


@pytest.mark.parametrize("parts", CUT.values(), ids=CUT)
def test_an_answer_that_is_shorter_than_it_says_is_refused(
    parts: list[bytes], serve: Serve
) -> None:
    with pytest.raises(OSError, match="the answer broke off"):
        asked(serve(parts)).read()


@pytest.mark.parametrize("parts", CUT.values(), ids=CUT)
def test_lines_that_end_too_soon_are_refused(parts: list[bytes], serve: Serve) -> None:
    with pytest.raises(OSError, match="the answer broke off"):
        list(asked(serve(parts)).lines())


def test_an_answer_that_is_too_large_is_refused(serve: Serve) -> None:
    with pytest.raises(OSError, match="the answer is longer than 11 bytes"):
        asked(serve(whole(b"x" * 12))).read(most=11)


def test_an_answer_that_is_as_large_as_it_may_be_is_taken(serve: Serve) -> None:
    assert asked(serve(whole(b"x" * 12))).read(most=12) == b"x" * 12


def test_lines_that_are_too_many_are_refused(serve: Serve) -> None:
    with pytest.raises(OSError, match="the answer is longer than 11 bytes"):
        list(asked(serve(whole(b"one\n" * 3))).lines(most=11))


def drops(head: bytes, part: bytes) -> Iterator[bytes]:
    """An answer that never ends, and is never silent."""
    yield head
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        time.sleep(0.02)
        yield part


DRIPPING = {
    "bytes": (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"x"),
    "lines": (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"x\n"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "no length": (b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
}


@pytest.mark.parametrize(("head", "part"), DRIPPING.values(), ids=DRIPPING)
def test_an_answer_ends_in_its_time_even_while_bytes_keep_coming(
    head: bytes, part: bytes, serve: Serve
) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asked(serve(drops(head, part)), timeout=5, total=0.3).read()
    assert 0.2 < time.monotonic() - began < 4


@pytest.mark.parametrize(("head", "part"), DRIPPING.values(), ids=DRIPPING)
def test_lines_end_in_their_time_even_while_bytes_keep_coming(
    head: bytes, part: bytes, serve: Serve
) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        list(asked(serve(drops(head, part)), timeout=5, total=0.3).lines())
    assert 0.2 < time.monotonic() - began < 4


def silent() -> Iterator[bytes]:
    """An answer that stops in the middle."""
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"
    time.sleep(1.5)


def test_silence_is_waited_for_no_longer_than_is_left_of_the_whole_time(serve: Serve) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asked(serve(silent()), timeout=60, total=0.3).read()
    assert time.monotonic() - began < 1.4


def test_a_head_that_does_not_end_is_given_up_in_time(serve: Serve) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asked(serve(drops(b"HTTP/1.1 200 OK\r\nA:", b" b")), timeout=5, total=0.3)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 soon\r\n\r\n"],
)
def test_what_is_no_answer_is_an_error(answer: bytes, serve: Serve) -> None:
    with pytest.raises(OSError, match=r"the answer is not HTTP|broke off"):
        asked(serve([answer])).read()


def test_silence_is_an_error_in_time(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        with pytest.raises(TimeoutError):
            asked(tmp_path / "socket", timeout=0.1)


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        asked(tmp_path / "socket")
