"""The engine's request for the containers of a service, as pure functions."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.errors import SlipwayError
from slipway.protocol.requests import Target
from slipway.rollout.release import Limits, Release, Service
from slipway.rollout.state import Revision
from slipway.rollout.tasks import Run

SHORT_ID = 8  # digits of the release id in a container's name
LOGS = {"Type": "local", "Config": {"max-size": "10m", "max-file": "3"}}
RESTART = {"Name": "unless-stopped"}
TASK = "task"  # the kind of a container that runs a command once
START_FIRST, STOP_FIRST = "start-first", "stop-first"  # how a service without a port is replaced


@dataclass(frozen=True)
class Place:
    """Where containers are created, and what their environment needs."""

    target: Target
    hosts: Mapping[str, str] = field(default_factory=dict)  # extra lines of /etc/hosts
    secrets: Mapping[str, str] = field(default_factory=dict)  # values by name

    @property
    def application(self) -> str:
        return self.target.application

    @property
    def owner(self) -> Mapping[str, str]:
        """The labels that say whose containers they are."""
        return {
            "slipway.application": self.target.application,
            "slipway.environment": self.target.environment,
        }


@dataclass(frozen=True)
class Container:
    """One container of one revision."""

    application: str
    service: Service
    replica: int
    release: str
    address: str

    @property
    def name(self) -> str:
        return f"{self.application}-{self.service.name}-{self.release[:SHORT_ID]}-{self.replica}"

    @property
    def label(self) -> str:
        """Its name for people: `web-1`."""
        return f"{self.service.name}-{self.replica}"


def of(application: str, revision: Revision) -> list[Container]:
    """All containers of a revision, in order."""
    return [
        Container(application, service, n, revision.id, revision.addresses[f"{service.name}-{n}"])
        for service in revision.release.services
        for n in range(1, service.replicas + 1)
    ]


def payload(container: Container, release: Release, place: Place) -> dict[str, Any]:
    """Raises SlipwayError for a secret without a value."""
    body = _body(container.service, release, place)
    body["HostConfig"]["RestartPolicy"] = RESTART
    body["Labels"].update({"slipway.kind": "service", "slipway.replica": str(container.replica)})
    network = {"IPAMConfig": {"IPv4Address": container.address}}
    body["NetworkingConfig"] = {"EndpointsConfig": {place.application: network}}
    return _marked(body, container.service.secrets)


def task_payload(service: Service, run: Run, release: Release, place: Place) -> dict[str, Any]:
    """A container that runs a command once, with everything the service has except its port."""
    body = _body(service, release, place)
    body["Cmd"] = list(run.task.command)
    body["Labels"]["slipway.kind"] = TASK
    return _marked(body, service.secrets)


def task_name(application: str, run: Run) -> str:
    """The name of the container that runs a command once."""
    digest = hashlib.sha256(run.id.encode()).hexdigest()[:SHORT_ID]
    return f"{application}-{run.kind}-{digest}"


def limits(bounds: Limits) -> dict[str, Any]:
    """The part of a host configuration that limits a container; empty without limits."""
    found: dict[str, Any] = {}
    if bounds.memory is not None:
        found.update(Memory=bounds.memory, MemorySwap=bounds.memory)  # no swap beyond the limit
    if bounds.cpus is not None:
        found["NanoCpus"] = round(bounds.cpus * 1e9)
    return found


def environment(values: Mapping[str, str], secrets: tuple[str, ...], place: Place) -> list[str]:
    """Raises SlipwayError that names every secret without a value."""
    missing = sorted(set(secrets) - set(place.secrets))
    if missing:
        raise SlipwayError(
            f"no value for secret {', '.join(missing)}",
            where="secrets",
            remedy="Set it in the stack's configuration",
        )
    merged = {**values, **{name: place.secrets[name] for name in secrets}}
    return [f"{name}={merged[name]}" for name in sorted(merged)]


def definition(body: Mapping[str, Any], secrets: tuple[str, ...]) -> str:
    """A short hash without the values of secrets, which are already in a release's id."""
    public = dict(body, Env=[each for each in body["Env"] if each.partition("=")[0] not in secrets])
    return hashlib.sha256(json.dumps(public, sort_keys=True).encode()).hexdigest()[:12]


def _body(service: Service, release: Release, place: Place) -> dict[str, Any]:
    own = {
        "SLIPWAY_RELEASE": release.id,
        "SLIPWAY_VERSION": release.version,
        "SLIPWAY_SERVER": place.target.server,
    }
    body: dict[str, Any] = {
        "Image": service.image,
        "Env": environment({**service.environment, **own}, service.secrets, place),
        "Labels": {
            **place.owner,
            "slipway.service": service.name,
            "slipway.release": release.id,
        },
        "StopTimeout": math.ceil(service.stop_grace),
        "HostConfig": {
            "NetworkMode": place.application,
            "ExtraHosts": [f"{name}:{address}" for name, address in sorted(place.hosts.items())],
            "LogConfig": LOGS,
            "SecurityOpt": ["no-new-privileges:true"],
            **limits(service.limits),
        },
    }
    if service.command:
        body["Cmd"] = list(service.command)
    return body


def _marked(body: dict[str, Any], secrets: tuple[str, ...]) -> dict[str, Any]:
    """Add labels: the definition's hash, and the secrets' names, so that logs can be masked."""
    body["Labels"]["slipway.secrets"] = ",".join(secrets)
    body["Labels"]["slipway.definition"] = definition(body, secrets)
    return body


def with_port(containers: list[Container]) -> Iterator[Container]:
    """Those that the proxy routes to."""
    return (each for each in containers if each.service.port is not None)


def workers(containers: list[Container]) -> Iterator[Container]:
    """Those without a port."""
    return (each for each in containers if each.service.port is None)
