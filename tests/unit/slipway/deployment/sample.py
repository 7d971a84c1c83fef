"""Settings of two servers, and observations of them, that several tests share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slipway.deployment.deployment import Deployment
from slipway.observe.observed import Observed, Resources
from slipway.observe.registry import Published
from slipway.observe.source import Source
from slipway.observe.status import Status
from slipway.protocol.answers import Running
from slipway.protocol.installation import Installation
from slipway.settings import Settings
from tests.unit.slipway.settings import sample

DIGEST: Final = "sha256:" + "1" * 64
OTHER_DIGEST: Final = "sha256:" + "2" * 64
IMAGE: Final = f"ghcr.io/acme/shop@{DIGEST}"
IMAGES: Final = {"web": IMAGE, "worker": IMAGE}
INSTALLATION: Final = Installation("shop", "staging")
TOKEN: Final = "r3gistry-t0ken"

FLEET: Final = f"""
servers:
  one: {{host: 10.88.0.11, host_key: {sample.KEY}, private_address: 10.0.0.1}}
  two: {{host: 10.88.0.12, host_key: {sample.OTHER_KEY}, private_address: 10.0.0.2}}
registry: {{username: bot, password: REGISTRY_PASSWORD}}
proxy: {{image: "haproxy:2.6", http_port: 8080}}
rollout: {{bake: 3s, lease: 20m, retain: 7}}
secrets: {{REGISTRY_PASSWORD: {TOKEN}}}
"""
ROLLOUT: Final = "{bake: 3s, lease: 20m, retain: 7}"  # of FLEET


def fresh(server: str) -> Status:
    """A server without an agent."""
    return Status(server, life=f"life-{server}")


def settled(deployment: Deployment, server: str) -> Status:
    """The server after this deployment's rollout, whose release has to be known."""
    release = deployment.rollout.release
    assert release is not None
    return replace(
        fresh(server),
        agent="0123456789ab",
        epoch=1,
        serving=Running(release.id, release.version, release.images, since=1.8e9),
        context=deployment.rollout.requests.contexts[server],
    )


def observed(
    settings: Settings,
    *statuses: Status,
    published: Published | None = None,
    state: Resources | None = None,
    promoted: Resources | None = None,
) -> Observed:
    """What is; servers that are not given are fresh, and the registry has the version."""
    found = {each.server: each for each in statuses}
    return Observed(
        servers={name: found.get(name, fresh(name)) for name in settings.servers},
        published=published or Published(dict.fromkeys(settings.application.images, DIGEST)),
        state=state or {},
        promoted_state=promoted,
        sources=dict.fromkeys(settings.application.images, Source("0123456789abcdef", "main")),
    )


def state_with_log(log: Mapping[str, Any], stack: str = "staging") -> dict[str, Any]:
    """A stack's state that has nothing but the log of its releases."""
    kind = "slipway:index:ReleaseLog$command:local:Command"
    urn = f"urn:pulumi:{stack}::slipway::{kind}::shop-releases"
    return {urn: {"outputs": {"stdout": json.dumps(log)}}}
