"""`python3 -m shop COMMAND`: what runs in the shop's containers, and the checks of its health."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable

import psycopg2

from shop import health, log, migrate, misbehaviour
from shop.api import Api
from shop.misbehaviour import MisbehaviourError
from shop.server import GracefulServer
from shop.settings import Settings, SettingsError
from shop.worker import Worker

Command = Callable[[Settings], bool]


def run_web(settings: Settings) -> bool:
    """Serve the API until told to stop; False if requests were left unanswered."""
    stop = _stop_signal()
    misbehaviour.begin(settings.misbehaviour)
    server = GracefulServer(settings.port, Api(settings))
    server.start()
    log.info("listening", port=server.port, version=settings.version)
    stop.wait()
    log.info("draining", limit=settings.stop_grace)
    finished = server.drain(settings.stop_grace)
    log.info("stopped", unfinished=not finished)
    return finished


def run_worker(settings: Settings) -> bool:
    """Ship orders until told to stop."""
    stop = _stop_signal()
    misbehaviour.begin(settings.misbehaviour)
    log.info("working", version=settings.version)
    Worker(settings).run(stop)
    settings.heartbeat.unlink(missing_ok=True)
    log.info("stopped")
    return True


def run_migrations(settings: Settings) -> bool:
    """Bring the database's schema up to date."""
    try:
        migrate.run(settings)
    except psycopg2.Error as error:
        log.error("migration failed", error=str(error).strip())
        return False
    return True


def check_worker(settings: Settings) -> bool:
    """Whether the worker in this container is well."""
    return health.worker_is_well(settings.heartbeat)


def check(settings: Settings) -> bool:
    """Whether what runs in this container is well: a worker leaves a heartbeat, `web` does not."""
    if settings.heartbeat.exists():
        return health.worker_is_well(settings.heartbeat)
    return health.web_is_well(settings.port)


COMMANDS: dict[str, Command] = {
    "web": run_web,
    "worker": run_worker,
    "migrate": run_migrations,
    "worker-health": check_worker,
    "health": check,
}


def main(arguments: list[str]) -> int:
    """Run one command; 0 if all went well, 1 if not, 2 if it was called or set up wrongly."""
    parser = argparse.ArgumentParser("shop", description="What runs in the shop's containers.")
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args(arguments).command]
    try:
        return 0 if command(Settings.read(os.environ)) else 1
    except (SettingsError, MisbehaviourError) as error:
        log.error("settings are wrong", error=str(error))
        return 2


def _stop_signal() -> threading.Event:
    """Set by SIGTERM and SIGINT, which a container's first process has to handle to notice."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
