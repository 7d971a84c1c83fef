"""Connections to Postgres: a small pool whose waits all have limits."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

CONNECT_LIMIT = 3
STATEMENT_LIMIT = 5
POOL_SIZE = 8


class DatabaseUnavailableError(Exception):
    """Postgres does not answer, or every connection is taken; trying again later may help."""


class Database:
    """A pool of at most POOL_SIZE connections, opened when first needed, safe for threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Connection] = []
        self._slots = threading.BoundedSemaphore(POOL_SIZE)

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """A cursor whose work is committed at the end, or rolled back when an exception leaves.

        Raises DatabaseUnavailableError when no connection can be had or it breaks.
        """
        if not self._slots.acquire(timeout=STATEMENT_LIMIT):
            raise DatabaseUnavailableError("every connection is taken")
        try:
            with self._connection() as connection, connection, connection.cursor() as cursor:
                yield cursor
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            # One broken connection usually means that the server went away, and all with it.
            self.close()
            raise DatabaseUnavailableError(str(error).strip()) from error
        finally:
            self._slots.release()

    def answers(self) -> bool:
        """Whether Postgres answers a query now."""
        try:
            with self.transaction() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseUnavailableError:
            return False
        return True

    def close(self) -> None:
        """Close the connections that are not in use."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self._url, statement_limit=STATEMENT_LIMIT)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)


def connect(url: str, statement_limit: int) -> Connection:
    """A new connection whose statements may take `statement_limit` seconds each (0: any time).

    Raises psycopg2.OperationalError when Postgres can't be reached within CONNECT_LIMIT seconds.
    """
    return psycopg2.connect(
        url,
        connect_timeout=CONNECT_LIMIT,
        application_name="shop",
        options=f"-c statement_timeout={statement_limit}s",
    )


def connect_patiently(url: str, patience: float) -> Connection:
    """A connection without a statement limit, from a Postgres that may still be starting.

    Raises psycopg2.OperationalError when it does not answer within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return connect(url, statement_limit=0)
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
