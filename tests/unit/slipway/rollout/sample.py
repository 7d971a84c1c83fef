"""Releases and states that the tests of the release package share."""

from __future__ import annotations

from slipway.rollout.release import Health, Release, Service, Task
from slipway.rollout.state import Proxy

PROXY = Proxy("registry/haproxy@sha256:f00d", 80, "172.31.240.0/24")
DIGEST = "sha256:" + "0" * 64


def release(
    version: str, *, replicas: int = 1, migration: bool = False, setup: bool = False
) -> Release:
    """A web service behind the proxy and a worker without a port."""
    image = f"registry/shop@sha256:{version}"
    web = Service(
        "web", image, port=8000, replicas=replicas, health=Health(kind="http", path="/ready")
    )
    worker = Service("worker", image, command=("work",))
    return Release(
        "shop",
        version,
        (web, worker),
        migration=Task("web", ("migrate",)) if migration else None,
        setup=Task("web", ("create-admin",)) if setup else None,
    )
