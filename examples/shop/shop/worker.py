"""The worker: ships orders as their jobs arrive.

The database is the truth and the queue only the fast path: an order whose job got lost, with
Redis or with a worker that was killed, is found in the database and queued again.
"""

import threading
import time

import psycopg2
import redis

from shop import log
from shop.database import Database, DatabaseUnavailableError
from shop.jobs import Jobs
from shop.settings import Settings
from shop.store import Store

OVERDUE = 30.0
PAUSE = 1.0


class Worker:
    """Takes one job at a time until it is told to stop."""

    def __init__(self, settings: Settings, overdue: float = OVERDUE) -> None:
        """`overdue` is how many seconds an order waits before it is queued again."""
        self._settings = settings
        self._store = Store(Database(settings.database_url))
        self._jobs = Jobs(settings.redis_url)
        self._overdue = overdue
        self._next_search = time.monotonic() + overdue

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, finish the job in hand, return."""
        while not stop.is_set():
            try:
                self._step()
            except (redis.RedisError, DatabaseUnavailableError) as error:
                log.error("waiting for the queue or the database", error=str(error))
                stop.wait(PAUSE)
            except psycopg2.ProgrammingError as error:
                # Slipway migrates first; not everybody does.
                log.info("waiting for migrations", missing=str(error).partition("\n")[0])
                stop.wait(PAUSE)

    def _step(self) -> None:
        order_id = self._jobs.take()
        if not self._settings.misbehaviour.ready:
            self._settings.heartbeat.touch()
        if order_id is not None:
            self._ship(order_id)
        elif time.monotonic() > self._next_search:
            self._next_search = time.monotonic() + self._overdue
            self._queue_again()

    def _ship(self, order_id: int) -> None:
        time.sleep(self._settings.shipping)  # packing
        try:
            shipped = self._store.ship(order_id)
        except Exception:
            self._jobs.put(order_id)
            raise
        log.info("order shipped" if shipped else "order was shipped before", order=order_id)

    def _queue_again(self) -> None:
        for order_id in self._store.overdue(self._overdue):
            log.info("order queued again", order=order_id)
            self._jobs.put(order_id)
