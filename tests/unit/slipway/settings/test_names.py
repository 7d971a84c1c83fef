"""Names and addresses are accepted in the forms that Docker, DNS and OpenSSH accept."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from slipway.settings import names
from tests.unit.slipway.settings.sample import KEY

DIGEST = "@sha256:" + "0a" * 32


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (names.Label, "a"),
        (names.Label, "production-1"),
        (names.Label, "a" * 63),
        (names.Version, "v1.0.0"),
        (names.Version, "_x.Y-1"),
        (names.ImageName, "team/shop_web"),
        (names.ImageReference, "postgres:15"),
        (names.ImageReference, "10.88.0.2:5000/base/python:3.11"),
        (names.ImageReference, f"ghcr.io/acme/shop{DIGEST}"),
        (names.ImageReference, f"ghcr.io/acme/shop:v1{DIGEST}"),
        (names.RegistryAddress, "ghcr.io/acme"),
        (names.RegistryAddress, "10.88.0.2:5000"),
        (names.Host, "Server-1.example.org"),
        (names.Host, "2001:db8::1"),
        (names.Domain, "shop.localhost"),
        (names.Address, "10.0.0.1"),
        (names.HostKey, KEY),
        (names.HostKey, f"{KEY} root@one"),
        (names.StackName, "staging"),
        (names.StackName, "acme/slipway/staging"),
        (names.SecretName, "DATABASE_URL"),
        (names.VariableName, "http_proxy"),
        (names.ContainerPath, "/var/lib/postgresql/data"),
        (names.UrlPath, "/ready?deep=1"),
        (names.Platform, "linux/arm/v7"),
        (names.Network, "10.1.0.0/16"),
    ],
)
def test_is_accepted(kind: Any, value: str) -> None:
    assert accepts(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (names.Label, ""),
        (names.Label, "-a"),
        (names.Label, "Web"),
        (names.Label, "a_b"),
        (names.Label, "a" * 64),
        (names.Label, "web\n"),
        (names.Version, ".1"),
        (names.Version, "v" * 129),
        (names.Version, "v1/2"),
        (names.ImageName, "Shop"),
        (names.ImageName, "shop:v1"),
        (names.ImageReference, "postgres"),
        (names.ImageReference, "postgres:"),
        (names.ImageReference, "postgres@sha256:0a"),
        (names.RegistryAddress, "https://ghcr.io"),
        (names.RegistryAddress, "ghcr.io/"),
        (names.Host, "user@host"),
        (names.Host, "a..b"),
        (names.Domain, "shop.org:80"),
        (names.Domain, "*.shop.org"),
        (names.Address, "10.0.0.256"),
        (names.HostKey, "ssh-ed25519 AAAA"),
        (names.HostKey, KEY.replace("ssh-ed25519", "ssh-rsa")),
        (names.HostKey, KEY.split()[1]),
        (names.SecretName, "database_url"),
        (names.VariableName, "1A"),
        (names.VariableName, "A=B"),
        (names.ContainerPath, "data"),
        (names.ContainerPath, "/data:/etc"),
        (names.ContainerPath, "/data/../etc"),
        (names.UrlPath, "ready"),
        (names.UrlPath, "/a b"),
        (names.Network, "10.1.0.0"),
        (names.Network, "10.1.0.1/16"),
        (names.Network, "fd00::/64"),
    ],
)
def test_is_refused(kind: Any, value: str) -> None:
    assert not accepts(kind, value)
