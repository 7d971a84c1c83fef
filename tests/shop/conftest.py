"""Fixtures for the sample shop: a fresh database and queue a test, and processes to look at."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import redis
from shop import migrate
from shop.settings import Settings

from tests.shop.process import ShopProcess
from tests.shop.services import Services, given, running

SHOP = Path(__file__).parents[2] / "examples" / "shop"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    if services := given():
        yield services
        return
    with running() as services:
        yield services


@pytest.fixture
def environment(services: Services, tmp_path: Path) -> dict[str, str]:
    """The variables of a shop with an empty database and an empty queue of its own."""
    redis.Redis.from_url(services.redis_url).flushall()
    name = f"shop{next(_numbers)}"
    connection = psycopg2.connect(services.database_url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return {
        "DATABASE_URL": services.database_url(name),
        "REDIS_URL": services.redis_url,
        "SHOP_VERSION": "v1.2.3",
        "SLIPWAY_RELEASE": "r-42",
        "SLIPWAY_SERVER": "staging-1",
        "SHIPPING_SECONDS": "0",
        "HEARTBEAT_FILE": str(tmp_path / "heartbeat"),
        "PORT": "0",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The same, with the migrations run."""
    settings = Settings.read(environment)
    migrate.run(settings)
    return settings


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., ShopProcess]]:
    """`start("web", MISBEHAVE_READY="never")` starts a process; it ends with the test."""
    processes: list[ShopProcess] = []

    def start(command: str, **variables: str) -> ShopProcess:
        processes.append(ShopProcess(SHOP, command, environment | variables))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
