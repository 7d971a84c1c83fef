"""What runs in the shop's containers: the API, the worker, and the migrations before them."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from shop import log, misbehaviour
from shop.misbehaviour import MisbehaviourError
from shop.settings import Settings, SettingsError

Command = Callable[[Settings, threading.Event], bool]


def web(settings: Settings, stop: threading.Event) -> bool:
    """Serve the API until told to stop."""
    from shop.api import Api
    from shop.server import GracefulServer

    misbehaviour.begin(settings.misbehaviour)
    server = GracefulServer(settings.port, Api(settings))
    server.start()
    log.info("listening", port=server.port, version=settings.version)
    stop.wait()
    log.info("draining", limit=settings.stop_grace)
    finished = server.drain(settings.stop_grace)
    log.info("stopped", unfinished=not finished)
    return finished


def worker(settings: Settings, stop: threading.Event) -> bool:
    """Ship orders until told to stop."""
    from shop.worker import Worker

    misbehaviour.begin(settings.misbehaviour)
    log.info("working", version=settings.version)
    Worker(settings).run(stop)
    settings.heartbeat.unlink(missing_ok=True)
    log.info("stopped")
    return True


def migrate(settings: Settings, _: threading.Event) -> bool:
    """Bring the database's schema up to date."""
    import psycopg2

    from shop.migrate import run

    try:
        run(settings)
    except psycopg2.Error as error:
        log.error("migration failed", error=str(error).strip())
        return False
    return True


COMMANDS: dict[str, Command] = {
    "web": web,
    "worker": worker,
    "migrate": migrate,
}


def main(arguments: list[str]) -> int:
    """Run one of them; 0 if all went well, 1 if not, 2 if it was called or set up wrongly."""
    # First of all: the kernel ignores a signal to a container's first process that has no handler.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    command = COMMANDS.get(arguments[0]) if len(arguments) == 1 else None
    if command is None:
        print(f"usage: shop {{{'|'.join(COMMANDS)}|worker-health|health}}", file=sys.stderr)
        return 2
    try:
        return 0 if command(Settings.read(os.environ), stop) else 1
    except (SettingsError, MisbehaviourError) as error:
        log.error("settings are wrong", error=str(error))
        return 2
