"""Constant requests to one server, from clients that keep their connection and that do not."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from typing import Self

CLIENTS = 10  # of each kind


class Load:
    """`rate` requests per second while the context lasts; every answer is counted."""

    def __init__(self, address: str, rate: float = 200) -> None:
        self.address = address
        self.interval = 2 * CLIENTS / rate
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._client, args=(kept,))
            for kept in (True, False)
            for _ in range(CLIENTS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.3)
        self._end.set()
        for thread in self._threads:
            thread.join(15)

    def _client(self, kept: bool) -> None:
        connection = http.client.HTTPConnection(self.address, 80, timeout=10)
        due = time.monotonic()
        while not self._end.is_set():
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                body = answer.read().decode()
                self.answers[body] += 1
                if answer.status != 200:
                    self.failures.append(f"{answer.status}: {body}")
            except OSError as error:
                self.failures.append(repr(error))
                connection.close()
            except http.client.HTTPException as error:
                self.failures.append(repr(error))
                connection.close()
            if not kept:
                connection.close()
            due += self.interval
            time.sleep(max(0.0, due - time.monotonic()))
