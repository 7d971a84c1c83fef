import psycopg2
import pytest
from shop import database as database_module
from shop.database import Database, DatabaseUnavailableError, connect
from shop.settings import Settings


@pytest.fixture
def database(settings: Settings) -> Database:
    return Database(settings.database_url)


def count_products(database: Database) -> int:
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM products")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def drop_connections(settings: Settings) -> None:
    connection = connect(settings.database_url, statement_limit=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()


def test_what_an_exception_leaves_is_rolled_back_and_the_next_transaction_is_clean(
    database: Database,
) -> None:
    before = count_products(database)
    with pytest.raises(psycopg2.Error), database.transaction() as cursor:
        cursor.execute("DELETE FROM products; SELECT 1 / 0")
    assert count_products(database) == before > 0


def test_after_the_server_dropped_every_connection_one_transaction_fails_and_no_more(
    database: Database, settings: Settings
) -> None:
    with database.transaction(), database.transaction(), database.transaction():
        pass  # three connections wait for their next use
    drop_connections(settings)
    with pytest.raises(DatabaseUnavailableError):
        count_products(database)
    assert [count_products(database) for _ in range(3)] == [3, 3, 3]


def test_a_connection_that_is_not_to_be_had_in_time_is_an_error_not_a_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [database.transaction() for _ in range(database_module.POOL_SIZE)]
    for transaction in taken:
        transaction.__enter__()
    with monkeypatch.context() as impatient:
        impatient.setattr(database_module, "STATEMENT_LIMIT", 0.1)
        with pytest.raises(DatabaseUnavailableError, match="every connection is taken"):
            count_products(database)
    for transaction in taken:
        transaction.__exit__(None, None, None)
    assert count_products(database) == 3
