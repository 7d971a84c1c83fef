"""A database or a queue: a container that rollouts do not change, with permanent volumes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import pbkdf2_hmac
from typing import Any, Optional

from slipway.agent import health
from slipway.agent.engine import containers, images, replacement, volumes
from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import LOGS, RESTART, Place
from slipway.agent.engine.network import ensure_network
from slipway.agent.health import Subject
from slipway.agent.report import Report
from slipway.agent.state import accessories, lock
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import AccessoryAnswer
from slipway.protocol.requests import AccessoryDefinition, AccessoryRequest
from slipway.rollout.release import Health

LOCK_TIMEOUT = 900.0  # seconds: another accessory of this server may be pulling its image
ROUNDS = 100_000  # so that guessing a secret by the hash in a container's label is expensive


def payload(accessory: AccessoryDefinition, place: Place) -> dict[str, Any]:
    """The engine's request for the container. Raises SlipwayError for a secret without a value."""
    application = place.application
    host: dict[str, Any] = {
        "NetworkMode": application,
        "RestartPolicy": RESTART,
        "LogConfig": LOGS,
        "Binds": [
            f"{volume_name(application, accessory.name, name)}:{path}"
            for name, path in sorted(accessory.volumes.items())
        ],
        **containers.limits(accessory.limits),
    }
    body: dict[str, Any] = {
        "Image": accessory.image,
        "Env": containers.environment(accessory.environment, accessory.secrets, place),
        "Labels": {
            **place.owner,
            "slipway.kind": "accessory",
            "slipway.service": accessory.name,
            "slipway.secrets": ",".join(accessory.secrets),
        },
        "StopTimeout": math.ceil(accessory.stop_grace),
        "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": {application: {"Aliases": [accessory.name]}}},
    }
    if accessory.command:
        body["Cmd"] = list(accessory.command)
    if accessory.port and accessory.publish_address:
        port = f"{accessory.port}/tcp"
        body["ExposedPorts"] = {port: {}}
        host["PortBindings"] = {
            port: [{"HostIp": accessory.publish_address, "HostPort": str(accessory.port)}]
        }
    values = "\0".join(place.secrets[name] for name in accessory.secrets)
    secrets_hash = pbkdf2_hmac(
        "sha256", values.encode(), f"{application}/{accessory.name}".encode(), ROUNDS
    ).hex()[:12]
    body["Labels"]["slipway.definition"] = (
        f"{containers.definition(body, accessory.secrets)}-{secrets_hash}"
    )
    return body


def volume_name(application: str, accessory: str, volume: str) -> str:
    """The name that the engine knows it by."""
    return f"{application}-{accessory}-{volume}"


def run(request: AccessoryRequest, engine: Engine, store: Store, report: Report) -> AccessoryAnswer:
    """Make it run as defined; its data stays.

    Raises SlipwayError when it does not become ready, or the engine rejects its container, with the
    one from before running again; and, before anything changes, when its image cannot be pulled or
    the server is locked.
    """
    accessory, target = request.accessory, request.target
    name = f"{target.application}-{accessory.name}"
    place = Place(target, secrets=request.secrets)
    body = payload(accessory, place)
    own = tuple(volume_name(target.application, accessory.name, v) for v in accessory.volumes)
    store.prepare()
    with lock.exclusive(store.folder, timeout=LOCK_TIMEOUT):
        lock.refuse_others(store, target.environment)
        ensure_network(engine, target.application, request.network)
        noted, before = accessories.read(store).get(accessory.name), engine.inspect(name)
        accessories.begin(store, accessory.name, accessory.health, accessory.port, own)
        volumes.ensure(engine, target.application, own)
        changed = _ensure(engine, name, body, request, report)
        try:
            _await(engine, target.application, accessory, report)
        except SlipwayError as error:
            if not replacement.restore(engine, name, accessory.stop_grace, report):
                raise
            if noted:
                accessories.undone(store, accessory.name, noted)
            raise SlipwayError(
                f"{error.what}; the one from before runs again", remedy=error.remedy
            ) from error
        replacement.keep(engine, name)
        if before and before["Config"]["Image"] not in {accessory.image, *store.state().images}:
            images.forget(engine, [before["Config"]["Image"]], report)
        data = volumes.data(engine, own)
        accessories.done(store, accessory.name, request.context, data)
    return AccessoryAnswer(accessory.name, name, changed, data)


def subjects(engine: Engine, application: str, store: Store) -> list[Subject]:
    """The accessories that were started here, for health checks."""
    return [
        _subject(engine, application, name, note.health, note.port)
        for name, note in accessories.read(store).items()
    ]


def _await(
    engine: Engine, application: str, accessory: AccessoryDefinition, report: Report
) -> None:
    """Until it is ready. Raises SlipwayError when it is not in time, with its log in the report."""
    subject = _subject(engine, application, accessory.name, accessory.health, accessory.port)
    try:
        health.wait_ready(engine, [subject])
    except health.ContainerError as error:
        for line in error.log:
            report(line)
        raise


def _ensure(
    engine: Engine, name: str, body: Mapping[str, Any], request: AccessoryRequest, report: Report
) -> bool:
    accessory = request.accessory
    replacement.recover(engine, name, report)
    found = engine.inspect(name)
    if found and not _as_defined(found, body):  # what is on trial, if anything, is not wanted now
        replacement.restore(engine, name, accessory.stop_grace, report)
        found = engine.inspect(name)
    if found and _as_defined(found, body):
        if not health.stop_reason(found):
            return False
        engine.start(name)
        return True
    images.ensure(engine, accessory.image, request.registry, report)
    if found:
        report(f"replacing {accessory.name}; its volumes stay")
    else:
        report(f"starting {accessory.name}")
    replacement.replace(engine, name, body, accessory.stop_grace, report)
    return True


def _as_defined(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    label = "slipway.definition"
    return bool((found["Config"]["Labels"] or {}).get(label) == body["Labels"][label])


def _subject(
    engine: Engine, application: str, name: str, check: Health, port: Optional[int]
) -> Subject:
    container = f"{application}-{name}"
    found = engine.inspect(container) or {}
    networks = found.get("NetworkSettings", {}).get("Networks") or {}
    address = (networks.get(application) or {}).get("IPAddress") or ""
    return Subject(container, name, check, address, port or 0)
