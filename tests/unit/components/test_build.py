"""What Docker's provider is told by stacks that build."""

from __future__ import annotations

import json

import pytest

from components.build import docker_provider
from slipway.deployment.deployment import RegistryAccess
from slipway.observe.registry import Credentials
from tests.unit.components import engine

LOGIN = Credentials("bot", "s3same")


@pytest.mark.parametrize(
    ("access", "told"),
    [
        (
            RegistryAccess("ghcr.io/acme", False, None),
            {"address": "https://ghcr.io", "authDisabled": True},
        ),
        (
            RegistryAccess("r.example.org:5000", True, None),
            {"address": "http://r.example.org:5000", "authDisabled": True},
        ),
        (
            RegistryAccess("ghcr.io/acme", False, LOGIN),
            {
                "address": "https://ghcr.io", "authDisabled": False, "username": "bot",
                "password": "s3same",
            },
        ),
    ],
    ids=["no login", "plain HTTP", "login"],
)  # fmt: skip
def test_the_provider_knows_the_registry_and_keeps_its_password_secret(
    access: RegistryAccess, told: dict[str, object]
) -> None:
    recorded, _ = engine.run(lambda: docker_provider(access).id)
    assert recorded.registered.keys() == {"docker"}
    provider = recorded["docker"]
    assert json.loads(provider.inputs["registryAuth"]) == [told]
    assert ("registryAuth" in provider.secret) == ("password" in told)
    assert not any("s3same" in repr(each) for key, each in provider.inputs.items()
                   if key not in provider.secret)  # fmt: skip
