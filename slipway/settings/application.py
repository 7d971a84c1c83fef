"""The application: what is deployed, the same in all environments but for their overrides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field

from slipway.settings.names import (
    ContainerPath,
    Domain,
    ImageName,
    ImageReference,
    Label,
    Platform,
    SecretName,
    UrlPath,
    VariableName,
    WebAddress,
)
from slipway.settings.quantity import Duration, Size
from slipway.settings.types import Model, Scalar

DEFAULT_SIZE_LIMIT: Final = 500 << 20  # bytes


class Image(Model):
    """An image, built as or looked up by `REGISTRY/NAME:VERSION`."""

    context: str = Field(default=".", min_length=1, examples=["examples/shop"])
    """Folder of the build context, relative to the project's folder."""
    dockerfile: str = Field(default="Dockerfile", min_length=1, examples=["Dockerfile"])
    """The Dockerfile, relative to `context`."""
    target: str | None = Field(default=None, min_length=1, examples=["runtime"])
    """Stage of the Dockerfile to build; null builds the last one."""
    arguments: Mapping[VariableName, str] = Field(
        default={}, examples=[{"BASE": "python:3.11-slim"}]
    )
    """Build arguments by name. They can be read in the image: never put a secret here.
    `VERSION` is always given, and is the version that is built."""
    platform: Platform = Field(default="linux/amd64", examples=["linux/arm64"])
    """Platform that the servers run."""
    size_limit: Size | None = Field(default=DEFAULT_SIZE_LIMIT, examples=["500M"])
    """Largest size of the image, in bytes unless a unit is given; a larger one is refused. null: no
    limit. A rollback to an image that the environment has run is not limited."""


class Health(Model):
    """How the readiness of a container is checked."""

    kind: Literal["http", "tcp", "postgres", "redis", "oidc", "command", "container"] = Field(
        default="container", examples=["http"]
    )
    """`http`: GET `path` on the port returns the expected response. `tcp`: the port accepts a
    connection. `postgres`, `redis`: the server on the port accepts connections; no password is
    needed. `oidc`: the identity provider on the port serves its discovery document below `path`,
    and its keys. `command`: it exits with 0 inside the container. `container`: the image's own
    health check passes or, if it has none, the container runs."""
    path: UrlPath = Field(default="/", examples=["/ready"])
    """Path that is requested; only for `http` and `oidc`."""
    status: int = Field(default=200, ge=100, le=599, examples=[204])
    """Status of a ready container, 100 to 599; only for `http`."""
    body: str = Field(default="", examples=["ready"])
    """Text that the response must contain; only for `http`."""
    expect: Mapping[str, Scalar] = Field(default={}, examples=[{"database.connected": True}])
    """Values that the response, as JSON, must have at dotted paths; only for `http`."""
    host: Domain | None = Field(default=None, examples=["shop.example.org"])
    """Host that is asked for; null: the service's first domain, or localhost; only for `http`."""
    issuer: WebAddress | None = Field(
        default=None, examples=["https://login.example.org/realms/shop"]
    )
    """Issuer that the identity provider must name; null: any; only for `oidc`."""
    command: tuple[str, ...] = Field(default=(), examples=[["pg_isready", "-U", "postgres"]])
    """Program and arguments, run without a shell; only for `command`."""
    timeout: Duration = Field(default=2.0, ge=0.1, le=300, examples=["2s"])
    """Time limit of one attempt, 100ms to 5m."""
    interval: Duration = Field(default=0.25, ge=0.1, le=300, examples=["250ms"])
    """Time between two attempts, 100ms to 5m."""
    deadline: Duration = Field(default=60.0, ge=1, le=3600, examples=["60s"])
    """Time from the container's start until it must be ready, 1s to 1h."""


class Limits(Model):
    """Resources of its server that one container may use."""

    memory: Size | None = Field(default=None, ge=6 << 20, examples=["256M"])
    """Memory, in bytes unless a unit is given, at least 6M (Docker's minimum); null: no limit."""
    cpus: float | None = Field(default=None, ge=0.01, le=1024, examples=[0.5])
    """Processors, 0.01 to 1024; null: no limit."""


class Service(Model):
    """Containers of one image that a rollout replaces, the same on every server."""

    image: ImageName = Field(examples=["shop"])
    """Name of an image in `images`."""
    command: tuple[str, ...] = Field(default=(), examples=[["web"]])
    """Command or arguments given to the image's entry point; empty: the image's own."""
    port: int | None = Field(default=None, ge=1, le=65535, examples=[8000])
    """Port that the container listens on, 1 to 65535. A service with a port is behind the proxy;
    null: it takes no requests (a worker)."""
    domains: tuple[Domain, ...] = Field(default=(), examples=[["shop.example.org"]])
    """Domains whose requests the proxy sends to this service; only with a port. Without any, it
    gets every request that no other service's domain matches."""
    replicas: int = Field(default=1, ge=1, le=50, examples=[2])
    """Containers on each server, 1 to 50."""
    order: Literal["start-first", "stop-first"] = Field(
        default="start-first", examples=["stop-first"]
    )
    """How a service without a port is replaced. `start-first`: the new containers are ready before
    the old ones stop. `stop-first`: the two never run at the same time (a scheduler)."""
    health: Health = Field(default=Health(), examples=[{"kind": "http", "path": "/ready"}])
    """How the readiness of a container is checked."""
    environment: Mapping[VariableName, str] = Field(default={}, examples=[{"LOG_LEVEL": "info"}])
    """Environment variables by name, as text (numbers in quotes). `SLIPWAY_` names are reserved."""
    secrets: tuple[SecretName, ...] = Field(default=(), examples=[["DATABASE_URL"]])
    """Names in `secrets` whose values become environment variables."""
    limits: Limits = Field(default=Limits(), examples=[{"memory": "256M"}])
    """Resources that one container may use."""
    stop_grace: Duration = Field(default=10.0, le=3600, examples=["10s"])
    """Time between SIGTERM and SIGKILL when a container is stopped, up to 1h."""


class Accessory(Model):
    """A container that no rollout replaces, such as a database; services reach it by name."""

    image: ImageReference = Field(examples=["postgres:15"])
    """Image of any registry, with a tag or a digest."""
    server: Label | None = Field(default=None, examples=["production-1"])
    """Name of the server that runs it; null: the first in alphabetical order. An accessory with
    volumes moves only when this names another server, and its data is not moved."""
    port: int | None = Field(default=None, ge=1, le=65535, examples=[5432])
    """Port that services reach it by, 1 to 65535; null: none."""
    command: tuple[str, ...] = Field(default=(), examples=[["postgres", "-c", "fsync=on"]])
    """Command or arguments given to the image's entry point; empty: the image's own."""
    environment: Mapping[VariableName, str] = Field(
        default={}, examples=[{"POSTGRES_USER": "shop"}]
    )
    """Environment variables by name, as text (numbers in quotes). `SLIPWAY_` names are reserved."""
    secrets: tuple[SecretName, ...] = Field(default=(), examples=[["POSTGRES_PASSWORD"]])
    """Names in `secrets` whose values become environment variables."""
    volumes: Mapping[Label, ContainerPath] = Field(
        default={}, examples=[{"data": "/var/lib/postgresql/data"}]
    )
    """Named volumes, each with its absolute path in the container. Their data is never deleted."""
    health: Health = Field(
        default=Health(), examples=[{"kind": "command", "command": ["pg_isready"]}]
    )
    """How the readiness of the container is checked."""
    limits: Limits = Field(default=Limits(), examples=[{"memory": "1G"}])
    """Resources that the container may use."""
    stop_grace: Duration = Field(default=30.0, le=3600, examples=["30s"])
    """Time between SIGTERM and SIGKILL when the container is stopped, up to 1h."""


class Task(Model):
    """A command run once on a database, before any container of the new release starts."""

    service: Label = Field(examples=["web"])
    """Service whose image, environment and secrets the command gets."""
    command: tuple[str, ...] = Field(min_length=1, examples=[["migrate"]])
    """Command or arguments given to the image's entry point."""
    timeout: Duration = Field(default=300.0, ge=1, examples=["5m"])
    """Time limit, at least 1s; when it is exceeded the rollout is aborted."""


class Smoke(Model):
    """A request through the proxy that must get the expected response.

    It is made on every server twice: to the new release before it gets any traffic, and once it has
    all of it. A failed test rolls back to the old release.
    """

    service: Label = Field(examples=["web"])
    """Name of a service with a port; the request names its first domain."""
    path: UrlPath = Field(default="/", examples=["/docs"])
    """Path, and query if any."""
    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = Field(default="GET", examples=["POST"])
    """Method; `POST` is sent without a body."""
    status: int = Field(default=200, ge=100, le=599, examples=[401])
    """Status that the response must have, 100 to 599."""
    body: str = Field(default="", examples=["<title>Shop</title>"])
    """Text that the response must contain."""
    expect: Mapping[str, Scalar] = Field(default={}, examples=[{"openapi": "3.1.0"}])
    """Values that the response, as JSON, must have at dotted paths."""
    timeout: Duration = Field(default=5.0, ge=0.1, le=300, examples=["5s"])
    """Time limit of one attempt, 100ms to 5m."""
    retries: int = Field(default=2, ge=0, le=20, examples=[0])
    """Retries of a failed test, one second apart, 0 to 20."""


class Application(Model):
    """What is deployed. It is usually set in Pulumi.yaml, for all environments."""

    name: Label = Field(examples=["shop"])
    """Name of the application, a DNS label; containers and volumes are named after it."""
    images: Mapping[ImageName, Image] = Field(
        examples=[{"shop": {"context": "examples/shop"}}], min_length=1
    )
    """Images by name."""
    services: Mapping[Label, Service] = Field(
        examples=[{"web": {"image": "shop", "port": 8000}}], min_length=1
    )
    """Services by name, a DNS label."""
    accessories: Mapping[Label, Accessory] = Field(
        default={}, examples=[{"redis": {"image": "redis:7", "port": 6379}}]
    )
    """Accessories by name, a DNS label; services reach each as a host of that name."""
    migration: Task | None = Field(
        default=None, examples=[{"service": "web", "command": ["migrate"]}]
    )
    """Database migration, run once for an image and a command; null: none."""
    setup: Task | None = Field(
        default=None, examples=[{"service": "web", "command": ["create-admin"]}]
    )
    """Command that is run once, ever, on the environment's database, after its first migration:
    one that creates an administrator, for example; null: none."""
    smoke: tuple[Smoke, ...] = Field(default=(), examples=[[{"service": "web", "path": "/docs"}]])
    """Smoke tests: requests that every server makes to a new release before and after it gets the
    traffic."""
