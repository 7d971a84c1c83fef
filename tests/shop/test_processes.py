"""The shop as its containers run it: processes, signals, exit codes, and each misbehaviour."""

import http.client
import itertools
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from shop.database import Database
from shop.jobs import Jobs
from shop.orders import OrderRequest
from shop.settings import Settings
from shop.store import Store

from tests.shop.process import ShopProcess

Start = Callable[..., ShopProcess]
ORDER = {"sku": "lantern", "quantity": 1, "email": "ann@example.com"}


def test_an_order_travels_from_the_api_through_the_worker(start: Start) -> None:
    assert start("migrate").exit_code() == 0
    web, worker = start("web"), start("worker")
    order = web.ask("/orders", ORDER)
    assert (order.status, order.body["status"]) == (201, "placed")
    assert worker.wait_for("order shipped")["order"] == order.body["id"]
    assert web.ask(f"/orders/{order.body['id']}").body["status"] == "shipped"


def test_migrate_prints_what_ran(start: Start) -> None:
    first, ran = start("migrate"), ["0001_products", "0002_orders", "0003_orders_shipped_at"]
    assert first.exit_code() == 0
    assert first.wait_for("migrated")["ran"] == ran
    assert start("migrate").wait_for("migrated")["ran"] == []


def test_the_page_and_the_description_are_served(start: Start) -> None:
    web = start("web")
    assert "GET /products" in web.ask("/docs").body
    assert web.ask("/openapi.json").body["info"]["version"] == "v1.2.3"


def test_a_web_process_that_is_told_to_stop_under_load_loses_no_request(start: Start) -> None:
    web = start("web")
    failures: list[str] = []
    answered = threading.Barrier(9, timeout=10)  # a client without a connection would be refused

    def client() -> None:
        connection = web.connection()
        for number in itertools.count():
            try:
                connection.request("GET", "/version")
                response = connection.getresponse()
                response.read()
                if number == 0:
                    answered.wait()
            except (OSError, http.client.HTTPException) as error:
                failures.append(repr(error))
                return
            if response.headers["Connection"] == "close":  # a client goes elsewhere when told so
                return

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    answered.wait()
    web.terminate()
    for thread in clients:
        thread.join(10)
    assert failures == []
    assert web.exit_code() == 0
    assert web.wait_for("stopped")["unfinished"] is False


def test_a_worker_that_is_told_to_stop_finishes_its_job(
    start: Start, environment: dict[str, str]
) -> None:
    assert start("migrate").exit_code() == 0
    settings = Settings.read(environment)
    order = Store(Database(settings.database_url)).place(OrderRequest("rope", 1, "a@b"))
    jobs = Jobs(settings.redis_url)
    jobs.put(order.id)
    worker = start("worker", SHIPPING_SECONDS="1")
    worker.wait_for("working")
    deadline = time.monotonic() + 10
    while jobs.waiting():
        assert time.monotonic() < deadline, "the job was not taken within 10 s"
        time.sleep(0.02)
    worker.terminate()
    assert worker.exit_code() == 0
    assert [event["event"] for event in worker.events()] == ["working", "order shipped", "stopped"]


def test_worker_health_follows_the_worker(start: Start) -> None:
    assert start("worker-health").exit_code() == 1
    worker = start("worker")
    deadline = time.monotonic() + 10
    while start("worker-health").exit_code():
        assert time.monotonic() < deadline, "no heartbeat within 10 s"
    assert start("health").exit_code() == 0
    worker.terminate()
    assert worker.exit_code() == 0
    assert start("worker-health").exit_code() == 1


@pytest.mark.parametrize("command", ["worker-health", "health"])
def test_a_worker_that_has_been_silent_for_long_is_not_well(
    start: Start, environment: dict[str, str], command: str
) -> None:
    heartbeat = Path(environment["HEARTBEAT_FILE"])
    heartbeat.touch()
    assert start(command).exit_code() == 0
    os.utime(heartbeat, (0, 0))
    assert start(command).exit_code() == 1


def test_health_asks_the_web_process(start: Start) -> None:
    web = start("web")
    assert start("health", PORT=str(web.port)).exit_code() == 0
    web.terminate()
    web.exit_code()
    assert start("health", PORT=str(web.port)).exit_code() == 1


def test_requests_are_logged_only_when_asked_for(start: Start) -> None:
    quiet, chatty = start("web"), start("web", ACCESS_LOG="1")
    quiet.ask("/version")
    chatty.ask("/version")
    assert chatty.wait_for("request")["path"] == "/version"
    assert quiet.events("request") == []


@pytest.mark.parametrize("variables", [{"PORT": "eighty"}, {"MISBEHAVE_REDY": "never"}])
def test_wrong_settings_end_the_process_with_one_clear_line(
    start: Start, variables: dict[str, str]
) -> None:
    web = start("web", **variables)
    assert web.exit_code() == 2
    assert [event["event"] for event in web.events()] == ["settings are wrong"]


@pytest.mark.parametrize("command", ["web", "worker"])
def test_misbehave_start_ends_the_process_at_once(start: Start, command: str) -> None:
    process = start(command, MISBEHAVE_START="fail")
    assert process.exit_code() == 1
    assert process.events()[0]["level"] == "ERROR"


def test_misbehave_ready_is_never_ready_but_alive(start: Start) -> None:
    web = start("web", MISBEHAVE="READY=never")
    assert web.ask("/ready").status == 503
    assert web.ask("/health").status == 200
    assert web.ask("/version").status == 200


def test_misbehave_ready_stops_a_workers_heart(start: Start, environment: dict[str, str]) -> None:
    Jobs(Settings.read(environment).redis_url).put(1)
    worker = start("worker", MISBEHAVE_READY="never")
    worker.wait_for("waiting for migrations")  # it has taken the job: others' hearts beat then
    assert start("worker-health").exit_code() == 1


def test_misbehave_error_rate_fails_a_share_of_requests_but_no_check(start: Start) -> None:
    web = start("web", MISBEHAVE_ERROR_RATE="0.1")
    statuses = [web.ask("/version").status for _ in range(50)]
    assert statuses.count(500) == 5
    assert statuses.count(200) == 45
    for path in ("/health", "/ready", "/metrics"):
        assert [web.ask(path).status for _ in range(20)] == [200] * 20
    assert len(web.events("request failed")) == 5


def test_misbehave_latency_slows_requests_but_no_check(start: Start) -> None:
    web = start("web", MISBEHAVE_LATENCY="4")
    started = time.monotonic()
    web.ask("/health")
    checked = time.monotonic()
    web.ask("/version")
    assert time.monotonic() - checked >= 4 > checked - started


@pytest.mark.parametrize("command", ["web", "worker"])
def test_misbehave_crash_after_ends_the_process_by_itself(start: Start, command: str) -> None:
    process = start(command, MISBEHAVE_CRASH_AFTER="0.5")
    assert process.exit_code() == 1
    assert process.events()[-1]["event"] == "crashes"


def test_misbehave_log_errors_writes_at_most_that_many_lines_a_second(start: Start) -> None:
    web = start("web", MISBEHAVE_LOG_ERRORS="10")
    deadline = time.monotonic() + 10
    while len(web.events("something is wrong")) <= 10:
        assert time.monotonic() < deadline, "not ten errors in as many seconds"
        time.sleep(0.05)
    first, *_, last = (
        datetime.fromisoformat(line["time"]) for line in web.events("something is wrong")[:11]
    )
    assert (last - first).total_seconds() > 0.9


def test_misbehave_migration_fails_and_leaves_the_schema_usable(start: Start) -> None:
    migrate = start("migrate", MISBEHAVE_MIGRATION="fail")
    assert migrate.exit_code() == 1
    assert "division by zero" in migrate.wait_for("migration failed")["error"]
    assert start("migrate").exit_code() == 0
    assert start("web").ask("/products").status == 200


@pytest.mark.parametrize(("command", "code"), [("--help", 0), ("wbe", 2)])
def test_the_commands_are_listed_for_whoever_asks_and_for_whoever_errs(
    start: Start, command: str, code: int
) -> None:
    process = start(command)
    assert process.exit_code() == code
    for known in ("web", "worker", "migrate", "worker-health", "health"):
        assert known in process.said()
