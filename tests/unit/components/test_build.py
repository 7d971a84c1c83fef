"""What Docker's provider is told by stacks that build."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.build import docker_provider
from tests.unit.components import engine
from tests.unit.slipway.settings import sample

LOGIN = "registry: {username: bot, password: TOKEN}\nsecrets: {TOKEN: s3same}"


@pytest.mark.parametrize("text", ["{}", LOGIN], ids=["no login", "login"])
def test_the_provider_knows_the_registry_and_keeps_its_password_secret(
    text: str, tmp_path: Path
) -> None:
    settings = sample.settings(sample.project(tmp_path), text)
    recorded, _ = engine.run(lambda: docker_provider(settings).id)
    provider = recorded["docker"]
    told = provider.inputs["registryAuth"]
    assert '"address":"https://ghcr.io"' in told.replace(" ", "")
    assert ("s3same" in told, "registryAuth" in provider.secret) == (text == LOGIN,) * 2
