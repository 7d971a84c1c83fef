"""Check whether a rollout could succeed here: report all faults, change nothing."""

from __future__ import annotations

import ipaddress
import os
import pwd
import sys
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Callable

from slipway.agent import cron, logind
from slipway.agent.engine import images
from slipway.agent.engine.client import Engine, EngineError
from slipway.agent.haproxy import certificate
from slipway.agent.haproxy.frontend import ports
from slipway.agent.parallel import in_parallel
from slipway.agent.report import Report
from slipway.agent.state import lock
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import PreflightAnswer
from slipway.protocol.installation import Installation
from slipway.protocol.requests import PreflightRequest

REGISTRY_LIMIT = 20.0  # seconds for the registry to answer about one image
AT_ONCE = 8  # checks
LISTENING = "0A"  # in /proc/net/tcp


def run(request: PreflightRequest, engine: Engine, store: Store, report: Report) -> PreflightAnswer:
    """Raises SlipwayError with every fault that was found.

    They are only warnings where the release already serves with these proxy settings: after a
    rollback to a warm release, which is committed by then, and in a repair.
    """
    checks: list[Callable[[], Iterator[str]]] = [
        partial(_disk, request, engine, store),
        partial(_folder, store),
        partial(_lock, request, store),
        partial(_boot, request),
        partial(_ports, request, engine, store),
        partial(_network, request, engine),
        partial(_certificate, request),
        *(partial(_image, request, engine, each) for each in sorted(set(request.images))),
    ]
    faults = dict.fromkeys(chain.from_iterable(in_parallel(_collect, checks, AT_ONCE)))
    if faults and not _serves(request, store):
        raise SlipwayError("; ".join(faults))
    for fault in faults:
        report(f"warning: {fault}")
    return PreflightAnswer(
        engine=engine.get("/version")["Version"],
        python=sys.version.split()[0],
        warnings=(*faults, *_warnings(request)),
    )


def _serves(request: PreflightRequest, store: Store) -> bool:
    try:
        state = store.state()
    except SlipwayError:
        return False
    serves = state.serving is not None and state.serving.id == request.rollout.release
    return serves and state.proxy == request.proxy


def _collect(check: Callable[[], Iterator[str]]) -> list[str]:
    try:
        return list(check())
    except SlipwayError as error:
        return [str(error)]


def _disk(request: PreflightRequest, engine: Engine, store: Store) -> Iterator[str]:
    needed = request.disk_free
    for path in (Path(engine.get("/info")["DockerRootDir"]), _existing(store.folder)):
        try:
            found = os.statvfs(path)
        except OSError:  # this user often may not read the engine's folder
            continue
        free = found.f_bavail * found.f_frsize
        if free < needed:
            yield f"{path}: {free >> 20} MiB free, {needed >> 20} MiB needed. Free disk space"
        return


def _folder(store: Store) -> Iterator[str]:
    path = _existing(store.folder)
    if not os.access(path, os.W_OK | os.X_OK):
        yield f"{path}: cannot be written. Make the deploy user its owner"
    store.state()


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _lock(request: PreflightRequest, store: Store) -> Iterator[str]:
    lock.refuse_others(store, request.target.environment)
    yield from ()


def _ports(request: PreflightRequest, engine: Engine, store: Store) -> Iterator[str]:
    """Ports that other programs listen on."""
    exists = engine.inspect(f"{request.target.application}-proxy") is not None
    own = ports(store.state().proxy) if exists else []
    taken = listening_ports(Path("/proc/net"))
    for port in ports(request.proxy):
        if port in taken and port not in own:
            yield (
                f"port {port} is in use. Stop the program on it, or set another proxy/http_port "
                "or proxy/https_port"
            )


def _network(request: PreflightRequest, engine: Engine) -> Iterator[str]:
    """Docker refuses a network that overlaps another one."""
    own, wanted = request.target.application, ipaddress.ip_network(request.proxy.network)
    for found in engine.get("/networks"):
        for pool in (found.get("IPAM") or {}).get("Config") or ():
            subnet = ipaddress.ip_network(pool.get("Subnet") or "::/128")
            if found["Name"] != own and subnet.version == 4 and subnet.overlaps(wanted):
                yield (
                    f"network {wanted} overlaps {subnet} of Docker's network {found['Name']}. "
                    "Set another proxy/network"
                )


def _certificate(request: PreflightRequest) -> Iterator[str]:
    if not request.proxy.https_port:
        return
    for fault in certificate.faults(request.certificate, list(request.domains)):
        yield f"proxy/certificate: {fault}. Set its secret to a valid certificate"


def _warnings(request: PreflightRequest) -> list[str]:
    """What will become a fault."""
    if not request.proxy.https_port:
        return []
    return certificate.warnings(request.certificate, request.proxy.renew_before)


def listening_ports(folder: Path) -> list[int]:
    """TCP ports in use in this network namespace."""
    found = []
    for name in ("tcp", "tcp6"):
        path = folder / name
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTENING:
                found.append(int(fields[1].rpartition(":")[2], 16))
    return found


def _image(request: PreflightRequest, engine: Engine, reference: str) -> Iterator[str]:
    if engine.image(reference) is not None:
        return
    try:
        engine.manifest(reference, images.login(request.registry, reference), REGISTRY_LIMIT)
    except EngineError as error:
        yield (
            f"image {reference} cannot be pulled from this server: {error.what}. "
            "Check that the server can reach the registry, and that it has this image"
        )


def _boot(request: PreflightRequest) -> Iterator[str]:
    """The watchdog must outlive its session, and start when the machine boots during a rollout."""
    yield from cron.faults(Installation.of(request.target))
    yield from logind.faults(pwd.getpwuid(os.getuid()).pw_name)
