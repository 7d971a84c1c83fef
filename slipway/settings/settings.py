"""The whole of a stack's settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, JsonValue, SecretStr

from slipway.settings.application import Application
from slipway.settings.environment import Preflight, Proxy, Registry, Server
from slipway.settings.github import Github
from slipway.settings.names import Label, SecretName, StackName, Version
from slipway.settings.rollout import Rollout
from slipway.settings.types import Model
from slipway.settings.workflows import Workflows

Secret = Annotated[SecretStr, Field(min_length=1)]


class Settings(Model):
    """The keys of a stack's configuration, each written as `slipway:KEY`."""

    version: Version = Field(examples=["v1.0.0"])
    """The release to run: a tag of every image. Changing it is a promotion."""
    application: Application = Field(
        examples=[{"name": "shop", "images": {"shop": {}}, "services": {"web": {"image": "shop"}}}]
    )
    """What is deployed, the same in all environments but for `overrides`."""
    overrides: Mapping[str, JsonValue] = Field(
        default={}, examples=[{"services": {"web": {"replicas": 1}}}]
    )
    """What differs from `application` in this environment: maps merge, everything else replaces,
    null removes."""
    registry: Registry = Field(examples=[{"address": "ghcr.io/acme"}])
    """Where images are pushed to and pulled from."""
    promote_from: StackName | None = Field(default=None, examples=["staging"])
    """Stack whose image digests this one runs; it then builds no images."""
    build: bool | None = Field(default=None, examples=[False])
    """Whether the images are built by this stack, or must be in the registry; null: built unless
    `promote_from` is set."""
    servers: Mapping[Label, Server] = Field(
        min_length=1, examples=[{"production-1": {"host": "203.0.113.21"}}]
    )
    """Servers by name, a DNS label; each runs every service. Rollouts take them in the
    alphabetical order of their names."""
    known_hosts: str = Field(default="known_hosts", min_length=1, examples=["known_hosts"])
    """File with the servers' public keys in OpenSSH's format, relative to the project's folder."""
    secrets: Mapping[SecretName, Secret] = Field(
        default={}, examples=[{"DATABASE_URL": "postgres://..."}]
    )
    """Secret values by name (A-Z, 0-9 and `_`), set with
    `pulumi config set --secret --path 'slipway:secrets.NAME'`."""
    database: str = Field(default="", max_length=100, examples=["restored 2026-11-29"])
    """Name of the data in a database that is no accessory. Under a new name `migration` and `setup`
    run again: for a database that was restored, or is another one."""
    proxy: Proxy = Field(default=Proxy(), examples=[{"http_port": 8080}])
    """The proxy on each server."""
    rollout: Rollout = Field(default=Rollout(), examples=[{"batch": "50%"}])
    """How a release replaces another."""
    preflight: Preflight = Field(default=Preflight(), examples=[{"disk_free": "2G"}])
    """What every server must have before a rollout begins."""
    workflows: Workflows | None = Field(default=None, examples=[{"ci": {"python": {}}}])
    """The repository's GitHub workflows; null: none are written."""
    github: Github | None = Field(default=None, examples=[{"owner": "acme", "repository": "shop"}])
    """What this stack manages at GitHub; null: nothing, and GitHub is not queried."""

    @property
    def builds(self) -> bool:
        """Whether this stack builds its images."""
        return self.promote_from is None if self.build is None else self.build

    def server_of(self, accessory: str) -> str:
        """The name of the server that runs an accessory; raises KeyError for an unknown one."""
        return self.application.accessories[accessory].server or next(iter(self.servers))

    def secret_values(self, names: Iterable[str]) -> dict[str, str]:
        """The values of the named secrets, in plain text; raises KeyError for an unknown name."""
        return {name: self.secrets[name].get_secret_value() for name in names}
