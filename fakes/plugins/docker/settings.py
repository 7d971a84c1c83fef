"""The provider's configuration: the engine, and the logins for registries."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Final

from ..resource import RefusedError
from ..values import Struct, has_unknown, is_secret, secret

SETTINGS: Final = frozenset({"host", "registryAuth", "sshOpts"})
_CREDENTIAL: Final = frozenset({"address", "authDisabled", "password", "username"})
_JSON_SETTINGS: Final = ("registryAuth", "sshOpts")


@dataclass(frozen=True)
class Credential:
    """The login for a registry; the scheme of its address is http or https."""

    address: str
    username: str = ""
    password: str = ""

    @property
    def registry(self) -> str:
        """The address without its scheme, as in image names."""
        return self.address.split("://", 1)[-1].rstrip("/")


@dataclass
class Settings:
    """What `configure` received; the engine calls it once, before anything else."""

    host: str = ""
    ssh_options: list[str] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)

    def configure(self, settings: Struct) -> None:
        """Read `host` (default: DOCKER_HOST), `sshOpts` and `registryAuth`."""
        self.host = settings.get("host") or os.environ.get("DOCKER_HOST", "")
        self.ssh_options = json.loads(settings.get("sshOpts") or "[]")
        self.credentials = [
            Credential(entry["address"])
            if entry.get("authDisabled")
            else Credential(
                entry["address"], entry.get("username") or "", entry.get("password") or ""
            )
            for entry in json.loads(settings.get("registryAuth") or "[]")
        ]

    def credential(self, registry: str) -> Credential:
        """The login configured for the registry; default: https without a login."""
        for credential in self.credentials:
            if credential.registry == registry:
                return credential
        return Credential(f"https://{registry}")


current: Final = Settings()


def check_config(settings: Struct) -> Struct:
    """The configuration with its JSON normalised; raises RefusedError."""
    return {
        key: _normalised(key, value) if key in _JSON_SETTINGS else value
        for key, value in settings.items()
    }


def _normalised(key: str, value: Any) -> Any:
    if is_secret(value):
        return secret(_normalised(key, value["value"]))
    if value is None or has_unknown(value):
        return value
    parsed = json.loads(value) if isinstance(value, str) else value
    if key == "registryAuth":
        _refuse_uncovered(parsed)
    return json.dumps(parsed, separators=(",", ":"))


def _refuse_uncovered(entries: list[Struct]) -> None:
    faults = {
        f"registryAuth[{index}].{key}": "not covered by the offline docker plugin; use "
        + ", ".join(sorted(_CREDENTIAL))
        for index, entry in enumerate(entries)
        for key in entry
        if key not in _CREDENTIAL
    }
    if faults:
        raise RefusedError(faults)
