import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from shop.database import Database
from shop.jobs import Jobs
from shop.orders import Order, OrderRequest
from shop.settings import Settings
from shop.store import Store
from shop.worker import Worker

REQUEST = OrderRequest("rope", 1, "ann@example.com")


@contextmanager
def working(settings: Settings, overdue: float = 30) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Worker(settings, overdue).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "nothing happened within 10 s"
        time.sleep(0.02)


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(Database(settings.database_url))


def status(store: Store, order: Order) -> str:
    found = store.order(order.id)
    return found.status if found else "lost"


def test_the_worker_ships_what_is_queued(settings: Settings, store: Store) -> None:
    orders = [store.place(REQUEST) for _ in range(3)]
    for order in orders:
        Jobs(settings.redis_url).put(order.id)
    with working(settings):
        wait_until(lambda: all(status(store, order) == "shipped" for order in orders))


def test_a_worker_that_is_stopped_finishes_the_job_in_hand(
    settings: Settings, store: Store
) -> None:
    order = store.place(REQUEST)
    jobs = Jobs(settings.redis_url)
    jobs.put(order.id)
    with working(replace(settings, shipping=2)):
        wait_until(lambda: jobs.waiting() == 0)
        assert status(store, order) == "placed"
    assert status(store, order) == "shipped"


def test_an_order_whose_job_was_lost_is_shipped_all_the_same(
    settings: Settings, store: Store
) -> None:
    order = store.place(REQUEST)
    with working(settings, overdue=0.1):
        wait_until(lambda: status(store, order) == "shipped")


def test_a_job_that_comes_twice_ships_once(store: Store) -> None:
    order = store.place(REQUEST)
    assert [store.ship(order.id), store.ship(order.id)] == [True, False]


def test_a_worker_started_before_the_migrations_waits_without_errors_and_keeps_the_job(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.read(environment)
    jobs = Jobs(settings.redis_url)
    jobs.put(1)
    with working(settings):
        wait_until(lambda: "waiting for migrations" in capsys.readouterr().out)
    assert jobs.waiting() == 1
    assert "ERROR" not in capsys.readouterr().out


def test_the_heart_beats_while_the_worker_can_reach_its_queue(settings: Settings) -> None:
    assert not settings.heartbeat.exists()
    with working(settings):
        wait_until(settings.heartbeat.exists)
        os.utime(settings.heartbeat, (0, 0))
        wait_until(lambda: settings.heartbeat.stat().st_mtime > 0)


def test_the_heart_of_a_worker_without_its_queue_does_not_beat(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with working(replace(settings, redis_url="unix:///none")):
        wait_until(lambda: "waiting for the queue" in capsys.readouterr().out)
        assert not settings.heartbeat.exists()
