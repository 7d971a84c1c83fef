"""Total limits for an HTTP request: httpx limits the time of each read only, and no bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar, cast

import httpx

Result = TypeVar("Result")


class LimitedStream(httpx.SyncByteStream):
    """A body of at most `limit` bytes; a longer one raises httpx.ReadError."""

    def __init__(self, inner: httpx.SyncByteStream, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._inner:
            size += len(chunk)
            if size > self._limit:
                raise httpx.ReadError(f"its answer has more than {self._limit} bytes")
            yield chunk

    def close(self) -> None:
        self._inner.close()


def bytes_limit(limit: int) -> Callable[[httpx.Response], None]:
    """A response hook for a client; it limits each answer to `limit` bytes."""

    def hook(answer: httpx.Response) -> None:
        answer.stream = LimitedStream(cast(httpx.SyncByteStream, answer.stream), limit)

    return hook


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Return or raise what `call` does; TimeoutError after `seconds`, even while it still runs.

    It runs in its own thread, which ends with the program at the latest.
    """
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return outcome.result(seconds)
