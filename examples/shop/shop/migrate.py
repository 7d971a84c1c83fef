"""Numbered SQL migrations, each run once, in order, in a transaction of its own."""

import time
from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import connection as Connection  # noqa: N812

from shop import log
from shop.database import connect_patiently
from shop.settings import Settings

FOLDER = Path(__file__).with_name("migrations")
PATIENCE = 30.0
LOCK_LIMIT = 60
_LOCK = 7_467_001  # any number, the same for everyone who migrates this database

_BROKEN = "CREATE TABLE left_halfway (id integer); SELECT 1 / 0"


@dataclass(frozen=True)
class Migration:
    """A step of the schema; `id` is the file's name, whose leading number gives the order."""

    id: str
    sql: str


def migrations() -> list[Migration]:
    """The migrations in this image, in order."""
    return [Migration(path.stem, path.read_text()) for path in sorted(FOLDER.glob("*.sql"))]


def newest() -> str:
    """The migration that this image's code was written for."""
    return migrations()[-1].id


def run(settings: Settings) -> None:
    """Bring the database up to date, and log which migrations ran.

    Raises psycopg2.Error when Postgres does not answer within PATIENCE seconds, someone else
    migrates for longer than LOCK_LIMIT seconds, or a migration fails; what ran before it stays.
    """
    wanted = migrations()
    if settings.misbehaviour.migration:
        wanted.append(Migration("9999_misbehaviour", _BROKEN))
    connection = connect_patiently(settings.database_url, PATIENCE)
    try:
        ran = apply(connection, wanted)
    finally:
        connection.close()
    log.info("migrated", ran=ran, newest=wanted[-1].id)


def apply(connection: Connection, wanted: list[Migration]) -> list[str]:
    """Run those not yet recorded in `schema_migrations` and return their ids.

    Recorded ones that are not wanted are left alone: after a rollback the database is ahead.
    """
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", (f"{LOCK_LIMIT}s",))
        # Held by the session: a migrator that dies lets go of it.
        cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute("SELECT id FROM schema_migrations")
        done = {migration_id for (migration_id,) in cursor.fetchall()}
    pending = [migration for migration in wanted if migration.id not in done]
    for migration in pending:
        _apply_one(connection, migration)
    return [migration.id for migration in pending]


def _apply_one(connection: Connection, migration: Migration) -> None:
    started = time.monotonic()
    # `with connection` is a transaction, also on a connection that commits by itself otherwise.
    with connection, connection.cursor() as cursor:
        cursor.execute(migration.sql)
        cursor.execute("INSERT INTO schema_migrations (id) VALUES (%s)", (migration.id,))
    log.info("migration ran", migration=migration.id, seconds=round(time.monotonic() - started, 3))
