"""Whether a rollout could succeed here: everything that is wrong, at once, and nothing changed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Callable

from slipway.agent import certificate, lock
from slipway.agent.docker import Engine, EngineError
from slipway.agent.proxy_front import ports
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.side_by_side import side_by_side
from slipway.agent.store import Store
from slipway.errors import SlipwayError

REGISTRY_LIMIT = 20.0  # seconds for the registry to answer about one image
AT_ONCE = 8  # checks
LISTENING = "0A"  # in /proc/net/tcp


def run(request: Request, engine: Engine, store: Store, report: Report) -> dict[str, Any]:
    """Raises SlipwayError with every fault that was found.

    They are warnings where the release serves here already, behind the proxy as it is asked for: on
    a way back to a warm one, which is committed by then, and where one is healed.
    """
    checks: list[Callable[[], Iterator[str]]] = [
        lambda: _disk(request, engine, store),
        lambda: _clock(request),
        lambda: _folder(store),
        lambda: _lock(request, store),
        lambda: _ports(request, engine, store),
        lambda: _certificate(request),
        *(
            _image_check(request, engine, each)
            for each in sorted(set(request.extra["preflight"].get("images", ())))
        ),
    ]
    faults = dict.fromkeys(chain.from_iterable(side_by_side(_collect, checks, AT_ONCE)))
    if faults and not _serves(request, store):
        raise SlipwayError("; ".join(faults))
    for fault in faults:
        report(f"warning: {fault}")
    return {
        "server": request.server,
        "engine": engine.get("/version")["Version"],
        "python": sys.version.split()[0],
        "warnings": [*faults, *_warnings(request)],
    }


def _serves(request: Request, store: Store) -> bool:
    try:
        state = store.state()
    except SlipwayError:
        return False
    serves = state.serving is not None and state.serving.id == request.release_id
    return serves and state.proxy == request.proxy


def _collect(check: Callable[[], Iterator[str]]) -> list[str]:
    try:
        return list(check())
    except SlipwayError as error:
        return [str(error)]


def _disk(request: Request, engine: Engine, store: Store) -> Iterator[str]:
    needed = int(request.extra["preflight"].get("disk_free", 0))
    for path in (Path(engine.get("/info")["DockerRootDir"]), _existing(store.folder)):
        try:
            found = os.statvfs(path)
        except OSError:  # the engine's folder is often closed to this user
            continue
        free = found.f_bavail * found.f_frsize
        if free < needed:
            yield f"{path}: {free >> 20} MiB free, {needed >> 20} MiB needed. Free some disk"
        return


def _clock(request: Request) -> Iterator[str]:
    wanted: Mapping[str, Any] = request.extra["preflight"]
    if "clock" not in wanted:
        return
    skew = time.time() - float(wanted["clock"])
    allowed = float(wanted.get("clock_skew", 5))
    if abs(skew) > allowed:
        yield f"clock off by {skew:+.0f} s, {allowed:g} s allowed. Start time synchronisation"


def _folder(store: Store) -> Iterator[str]:
    path = _existing(store.folder)
    if not os.access(path, os.W_OK | os.X_OK):
        yield f"{path}: cannot be written. Give it to the user that deploys"
    store.state()


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _lock(request: Request, store: Store) -> Iterator[str]:
    lock.refuse_others(store, request.rollout.owner)
    yield from ()


def _ports(request: Request, engine: Engine, store: Store) -> Iterator[str]:
    """Those that the proxy does not have already."""
    if request.proxy is None:
        return
    exists = engine.inspect(f"{request.application}-proxy") is not None
    own = ports(store.state().proxy) if exists else []
    taken = listening_ports(Path("/proc/net"))
    for port in ports(request.proxy):
        if port in taken and port not in own:
            yield (
                f"port {port} is taken. Stop what listens there, or set another proxy/http_port "
                "or proxy/https_port"
            )


def _certificate(request: Request) -> Iterator[str]:
    if request.proxy is None or not request.proxy.https_port:
        return
    domains = list(request.extra["preflight"].get("domains", ()))
    for fault in certificate.faults(request.certificate, domains):
        yield f"proxy/certificate: {fault}. Set its secret anew"


def _warnings(request: Request) -> list[str]:
    """What stands in nobody's way yet."""
    if request.proxy is None or not request.proxy.https_port:
        return []
    return certificate.warnings(request.certificate, request.proxy.renew_before)


def listening_ports(folder: Path) -> list[int]:
    """TCP ports that somebody listens on in this network namespace."""
    found = []
    for name in ("tcp", "tcp6"):
        path = folder / name
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTENING:
                found.append(int(fields[1].rpartition(":")[2], 16))
    return found


def _image_check(request: Request, engine: Engine, reference: str) -> Callable[[], Iterator[str]]:
    def check() -> Iterator[str]:
        if engine.image(reference) is not None:
            return
        try:
            engine.manifest(reference, request.registry.login(reference), REGISTRY_LIMIT)
        except EngineError as error:
            yield (
                f"image {reference} is not to be had from here: {error.what}. "
                "See that the registry can be reached and holds it"
            )

    return check
