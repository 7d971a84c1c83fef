"""Where images are kept."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import RegistryAddress, SecretName


class Registry(Model):
    """Where images are pushed to and pulled from."""

    address: RegistryAddress = Field(examples=["ghcr.io/acme"])
    """Host of the registry, with its port and path if any; an image is `ADDRESS/NAME:VERSION`."""
    username: str | None = Field(default=None, min_length=1, examples=["acme-bot"])
    """User of the registry; null: no login."""
    password: SecretName | None = Field(default=None, examples=["REGISTRY_PASSWORD"])
    """Name in `secrets` of the user's password or token; needed with `username`."""
    insecure: bool = Field(default=False, examples=[True])
    """Whether the registry speaks plain HTTP. Never over a network that others share."""
