"""Images that this project builds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from slipway.settings.model import Model
from slipway.settings.names import Platform, VariableName
from slipway.settings.quantity import Size

DEFAULT_SIZE_LIMIT: Final = 500 << 20  # bytes


class Image(Model):
    """An image, built as or looked up by `REGISTRY/NAME:VERSION`."""

    context: str = Field(default=".", min_length=1, examples=["examples/shop"])
    """Folder that is built, relative to the project's folder."""
    dockerfile: str = Field(default="Dockerfile", min_length=1, examples=["Dockerfile"])
    """File of build instructions, relative to `context`."""
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
    """Largest size of the image, in bytes unless a unit is given; a larger one is refused.
    null sets no limit. What an environment has run may come back whatever its size."""
