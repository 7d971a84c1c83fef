from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from shop import migrate
from shop.database import connect
from shop.migrate import Migration
from shop.settings import Settings

ALL = [migration.id for migration in migrate.migrations()]


def apply(settings: Settings, wanted: list[Migration]) -> list[str]:
    connection = connect(settings.database_url, statement_limit=0)
    try:
        return migrate.apply(connection, wanted)
    finally:
        connection.close()


def exists(settings: Settings, table: str) -> bool:
    connection = connect(settings.database_url, statement_limit=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (table,))
        row = cursor.fetchone()
    connection.close()
    return bool(row and row[0])


@pytest.fixture
def empty(environment: dict[str, str]) -> Settings:
    return Settings.read(environment)


def test_migrations_run_in_order_and_only_once(empty: Settings) -> None:
    assert apply(empty, migrate.migrations()) == ALL == sorted(ALL)
    assert apply(empty, migrate.migrations()) == []


def test_several_at_once_run_each_migration_once(empty: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: apply(empty, migrate.migrations()), range(4)))
    assert sorted(ran) == [[], [], [], ALL]


def test_a_failed_migration_leaves_nothing_of_itself_and_keeps_those_before(
    empty: Settings,
) -> None:
    good = Migration("0001_good", "CREATE TABLE good (id integer)")
    bad = Migration("0002_bad", "CREATE TABLE bad (id integer); SELECT 1 / 0")
    with pytest.raises(psycopg2.Error, match="division by zero"):
        apply(empty, [good, bad])
    assert exists(empty, "good")
    assert not exists(empty, "bad")
    assert apply(empty, [good]) == []


def test_after_a_rollback_a_database_that_is_ahead_is_left_alone(empty: Settings) -> None:
    later = Migration("0099_later", "CREATE TABLE later (id integer)")
    apply(empty, [*migrate.migrations(), later])
    assert apply(empty, migrate.migrations()) == []
    assert exists(empty, "later")
