"""Valid settings to begin with, and what loading a changed copy of them reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from slipway.settings import Settings, SettingsError, load
from slipway.settings.overrides import merged

STACK: Final = "staging"
KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6ZqQJ8Z0m6Z"
OTHER_KEY: Final = KEY.replace("6ZqQJ8", "7ZqQJ9")
PASSWORD: Final = "correct-horse-battery-staple"

VALID: Final[Mapping[str, Any]] = yaml.safe_load(
    f"""
version: v1.0.0
application:
  name: shop
  images:
    shop: {{context: examples/shop}}
  services:
    web: {{image: shop, command: [web], port: 8000, secrets: [DATABASE_URL]}}
    worker: {{image: shop, command: [worker]}}
  accessories:
    postgres: {{image: "postgres:15", port: 5432, secrets: [POSTGRES_PASSWORD]}}
  migration: {{service: web, command: [migrate]}}
registry: {{address: ghcr.io/acme}}
servers:
  one: {{host: 10.88.0.11, host_key: {KEY}}}
secrets: {{DATABASE_URL: postgres://shop:{PASSWORD}@postgres/shop, POSTGRES_PASSWORD: {PASSWORD}}}
"""
)


def project(folder: Path) -> Path:
    """A project's folder that has what the valid settings build."""
    context = folder / "examples" / "shop"
    context.mkdir(parents=True)
    (context / "Dockerfile").touch()
    return folder


def changed(text: str) -> dict[str, object]:
    """The valid values with YAML laid over them: maps merge, null removes."""
    values = merged(VALID, yaml.safe_load(text))
    assert isinstance(values, dict)
    return values


def settings(folder: Path, text: str = "{}") -> Settings:
    """The settings that the valid values with `text` laid over them give."""
    return load(STACK, changed(text), folder)


def faults(folder: Path, text: str) -> list[str]:
    """The lines that are reported for the valid values with `text` laid over them."""
    try:
        settings(folder, text)
    except SettingsError as error:
        return str(error).splitlines()
    return []
