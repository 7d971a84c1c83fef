"""A database or a queue: a container that rollouts leave alone, and volumes that nobody removes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import pbkdf2_hmac
from typing import Any

from slipway.agent import accessory_notes as notes
from slipway.agent import containers, health, images, lock, replacement
from slipway.agent.containers import LOGS, RESTART, Place
from slipway.agent.docker import Engine
from slipway.agent.health import Subject
from slipway.agent.host import ensure_network
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.release import Health, Limits
from slipway.values import asdict, dataclass, field

PATIENCE = 900.0  # seconds: another accessory of this server may be pulling its image
ROUNDS = 100_000  # a container's labels are no place for a hash that can be guessed from


@dataclass(frozen=True)
class Accessory:
    """Its definition. Services reach it by its name on the application's network."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    port: int | None = None
    publish_address: str | None = None  # of this server, for services on other servers
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)  # path in the container by name
    health: Health = field(default_factory=Health)
    limits: Limits = field(default_factory=Limits)
    stop_grace: float = 10.0  # seconds

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Accessory:
        """Raises SlipwayError for a definition that lacks something."""
        try:
            own = dict(data.get("health") or {})
            own["command"] = tuple(own.get("command") or ())
            lists = {name: tuple(data.get(name) or ()) for name in ("command", "secrets")}
            limits = Limits(**(data.get("limits") or {}))
            return cls(**{**data, **lists, "health": Health(**own), "limits": limits})
        except TypeError as error:
            raise SlipwayError(f"cannot be understood: {error}", where="accessory") from None


def payload(accessory: Accessory, place: Place) -> dict[str, Any]:
    """What the engine is asked to create. Raises SlipwayError for a secret without a value."""
    application = place.application
    host: dict[str, Any] = {
        "NetworkMode": application,
        "RestartPolicy": RESTART,
        "LogConfig": LOGS,
        "Binds": [
            f"{application}-{accessory.name}-{name}:{path}"
            for name, path in sorted(accessory.volumes.items())
        ],
        **containers.limits(accessory.limits),
    }
    body: dict[str, Any] = {
        "Image": accessory.image,
        "Env": containers.environment(accessory.environment, accessory.secrets, place),
        "Labels": {
            "slipway.application": application,
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
    mark = pbkdf2_hmac(
        "sha256", values.encode(), f"{application}/{accessory.name}".encode(), ROUNDS
    ).hex()[:12]
    body["Labels"]["slipway.definition"] = (
        f"{containers.definition(body, accessory.secrets)}-{mark}"
    )
    return body


def run(request: Request, engine: Engine, store: Store, report: Report) -> dict[str, Any]:
    """Make it run as defined; its data stays.

    Raises SlipwayError when it does not become ready; where the engine refuses its container, with
    the one from before running; and before anything changes when its image is not to be had or
    somebody else holds the server.
    """
    accessory = Accessory.from_dict(request.extra.get("accessory") or {})
    name = f"{request.application}-{accessory.name}"
    body = payload(accessory, request.place)
    readiness = {"health": asdict(accessory.health), "port": accessory.port}
    store.prepare()
    with lock.exclusive(store.folder, patience=PATIENCE):
        lock.refuse_others(store, request.environment)
        ensure_network(engine, request.application, request.proxy_settings().network)
        notes.begin(store, accessory.name, readiness)
        changed = _ensure(engine, name, body, accessory, request, report)
        subject = _subject(engine, request.application, name, accessory)
        try:
            health.wait_ready(engine, [subject])
        except health.ContainerError as error:
            for line in error.log:
                report(line)
            raise
        notes.done(store, accessory.name, readiness, request.extra.get("basis", ""))
    return {
        "server": request.server,
        "accessory": accessory.name,
        "container": name,
        "changed": changed,
    }


def subjects(engine: Engine, application: str, store: Store) -> list[Subject]:
    """The accessories that were started here, as they are asked for their health."""
    noted = notes.read(store)
    known = [
        Accessory.from_dict({"name": name, "image": "", **_ready(noted[name])}) for name in noted
    ]
    return [_subject(engine, application, f"{application}-{a.name}", a) for a in known]


def _ready(note: Mapping[str, Any]) -> dict[str, Any]:
    """What being ready means, where the note of an older agent tells it."""
    return {key: note[key] for key in ("health", "port") if key in note}


def _ensure(
    engine: Engine,
    name: str,
    body: Mapping[str, Any],
    accessory: Accessory,
    request: Request,
    report: Report,
) -> bool:
    replacement.settle(engine, name, report)
    found = engine.inspect(name)
    mark = "slipway.definition"
    if found and (found["Config"]["Labels"] or {}).get(mark) == body["Labels"][mark]:
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


def _subject(engine: Engine, application: str, name: str, accessory: Accessory) -> Subject:
    found = engine.inspect(name) or {}
    networks = found.get("NetworkSettings", {}).get("Networks") or {}
    address = (networks.get(application) or {}).get("IPAddress") or ""
    return Subject(name, accessory.name, accessory.health, address, accessory.port or 0)
