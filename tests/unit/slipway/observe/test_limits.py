"""A question over HTTP ends within its limits, even when the other side goes on talking."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest

from slipway.observe.limits import bytes_limit, within


class Body(httpx.SyncByteStream):
    """Chunks of ten bytes; notes how many were taken, and that it was closed."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.taken = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        while self.taken < self.chunks:
            self.taken += 1
            yield b"x" * 10

    def close(self) -> None:
        self.closed = True


def get(body: Body) -> httpx.Response:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=body))
    hooks = {"response": [bytes_limit(30)]}
    with httpx.Client(transport=transport, event_hooks=hooks) as client:
        return client.get("https://r.example.org/")


def test_an_answer_up_to_the_limit_is_read_whole() -> None:
    assert get(Body(3)).content == b"x" * 30


def test_an_answer_without_end_is_an_error_and_its_connection_closed() -> None:
    body = Body(1_000)
    with pytest.raises(httpx.ReadError, match="more than 30 bytes"):
        get(body)
    assert (body.taken, body.closed) == (4, True)


def test_a_call_returns_or_raises_what_it_would() -> None:
    assert within(10, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 / 0)


def test_a_call_that_does_not_end_is_left() -> None:
    ended = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, ended.wait)
    ended.set()
