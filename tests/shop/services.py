"""A Postgres and a Redis of the tests' own: unprivileged, on private sockets, gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import redis
from psycopg2.extensions import make_dsn

PACKAGES = {"postgresql": "initdb", "redis-server": "redis-server"}
START_LIMIT = 20.0
UNPRIVILEGED = "postgres"  # a user that Debian's package makes
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Services:
    """Where the two are."""

    postgres: str
    redis_url: str

    def database_url(self, database: str) -> str:
        return str(make_dsn(self.postgres, dbname=database))


def given() -> Services | None:
    """Those that the environment names, as CI's does."""
    postgres, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    return Services(postgres, redis_url) if postgres and redis_url else None


@contextmanager
def running() -> Iterator[Services]:
    """Start both, installing them when this is root, and stop them in the end."""
    _install_missing()
    # Not below pytest's folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="shop-tests-"))
    if os.geteuid() == 0:
        shutil.chown(folder, UNPRIVILEGED)
    services = Services(f"host={folder} user=shop", f"unix://{folder}/redis.sock")
    try:
        data = folder / "postgres"
        trust = ["--auth=trust", "--username=shop", "--no-sync"]
        _run([_program("initdb"), "--pgdata", str(data), *trust])
        postgres = [_program("postgres"), "-D", str(data), "-k", str(folder), "-h", "", "-F"]
        cache = ["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock"]
        cache += ["--save", "", "--dir", str(folder)]
        with _daemon(postgres), _daemon(cache):
            _wait(services)
            yield services
    finally:
        shutil.rmtree(folder)


def _install_missing() -> None:
    if missing := [package for package, program in PACKAGES.items() if not _found(program)]:
        from lab import packages  # noqa: PLC0415 - the shop's own CI has services, and no lab

        packages.install(*missing)


def _found(program: str) -> bool:
    return shutil.which(program) is not None or any(DEBIAN_POSTGRES.glob(f"*/bin/{program}"))


def _program(name: str) -> str:
    """Debian keeps Postgres's server programs off PATH, one folder a version: the newest."""
    versions = sorted(DEBIAN_POSTGRES.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return str(versions[-1]) if versions else name


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(
        _as_nobody_special(command), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


@contextmanager
def _daemon(command: Sequence[str]) -> Iterator[None]:
    process = subprocess.Popen(
        _as_nobody_special(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # Postgres's fast shutdown, an orderly one for Redis
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _as_nobody_special(command: Sequence[str]) -> list[str]:
    """Postgres refuses to run as root."""
    if os.geteuid() != 0:
        return list(command)
    change = [f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
    return ["setpriv", *change, "--", *command]


def _wait(services: Services) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            psycopg2.connect(services.database_url("postgres")).close()
            redis.Redis.from_url(services.redis_url).ping()
            return
        except (psycopg2.OperationalError, redis.RedisError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
