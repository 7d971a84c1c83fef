"""The request to the agent for each step of a deployment, as a pure function of plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slipway.deployment.release import health
from slipway.protocol.installation import Installation
from slipway.protocol.requests import (
    AbortRequest,
    AccessoryDefinition,
    AccessoryRequest,
    CommitRequest,
    MigrateRequest,
    PreflightRequest,
    PrepareRequest,
    PullRequest,
    RegistryLogin,
    Rollout,
    SmokeRequest,
    StartRequest,
    SwitchRequest,
    Target,
)
from slipway.rollout.context import RolloutContext
from slipway.rollout.plan import PlannedStep
from slipway.rollout.release import Limits, Release
from slipway.rollout.state import Proxy, Retention, certificate_digest
from slipway.rollout.step import Step
from slipway.rollout.watch import Watch
from slipway.settings import Settings

_SIMPLE: Final[Mapping[Step, Callable[[Target, Rollout], Any]]] = {
    Step.SMOKE: SmokeRequest,
    Step.PREPARE: PrepareRequest,
    Step.COMMIT: CommitRequest,
}


@dataclass(frozen=True)
class RolloutRequests:
    """Everything that the requests of one rollout contain, except the release."""

    installation: Installation
    contexts: Mapping[str, RolloutContext]  # by server
    leases: Mapping[str, float]  # seconds, by step
    retention: Retention
    registry: RegistryLogin
    proxy: Proxy
    certificate: str = field(repr=False)  # PEM with its key; empty without HTTPS
    secrets: Mapping[str, str] = field(repr=False)  # values of those that services use
    hosts: Mapping[str, Mapping[str, str]]  # by server, accessories' addresses on other servers
    watch: Watch
    disk_free: int  # bytes

    def of(self, step: PlannedStep, release: Release, database: str) -> Any:
        """The request of one step; it holds secrets where `step.carries_secrets`.

        `database` is the id of the data that the release finds.
        """
        target = self.installation.target(step.server)
        rollout = self._rollout(step, release)
        hosts = self.hosts[step.server]
        match step.step:
            case Step.PREFLIGHT:
                return self._preflight(target, rollout, release)
            case Step.PULL:
                return PullRequest(target, rollout, release, self.registry, self.proxy)
            case Step.MIGRATE:
                return MigrateRequest(target, rollout, database, self.secrets, hosts)
            case Step.START:
                return StartRequest(
                    target, rollout, database, self.secrets, hosts, self.certificate
                )
            case Step.SWITCH:
                return SwitchRequest(
                    target, rollout, step.weight, step.pause, step.hold, self.watch
                )
            case other:
                return _SIMPLE[other](target, rollout)

    def abort(self, server: str, release: Release, *, peer_aborted: bool) -> AbortRequest:
        target = self.installation.target(server)
        return AbortRequest(target, self._last(server, release), peer_aborted)

    def commit(self, server: str, release: Release) -> CommitRequest:
        target = self.installation.target(server)
        return CommitRequest(target, self._last(server, release))

    def _last(self, server: str, release: Release) -> Rollout:
        """For what ends a rollout, also when it failed."""
        return self._rollout(PlannedStep(Step.COMMIT, server), release)

    def _preflight(self, target: Target, rollout: Rollout, release: Release) -> PreflightRequest:
        return PreflightRequest(
            target,
            rollout,
            registry=self.registry,
            proxy=self.proxy,
            certificate=self.certificate,
            disk_free=self.disk_free,
            images=tuple(sorted({*release.images.values(), self.proxy.image})),
            domains=tuple(sorted({name for each in release.services for name in each.domains})),
        )

    def _rollout(self, step: PlannedStep, release: Release) -> Rollout:
        context, lease = self.contexts[step.server], self.leases[step.name]
        return Rollout(release.id, release.version, context, lease, self.retention)


def rollout_requests(
    settings: Settings,
    installation: Installation,
    contexts: Mapping[str, RolloutContext],
    leases: Mapping[str, float],
) -> RolloutRequests:
    """What the requests of a rollout contain, from the settings; leases are in seconds, by step."""
    services = settings.application.services.values()
    rollout = settings.rollout
    return RolloutRequests(
        installation=installation,
        contexts=contexts,
        leases=leases,
        retention=Retention(rollout.retain, rollout.warm_seconds),
        registry=registry_login(settings),
        proxy=_proxy(settings),
        certificate=_certificate(settings),
        secrets=settings.secret_values(sorted({n for each in services for n in each.secrets})),
        hosts={server: accessory_hosts(settings, server) for server in settings.servers},
        watch=_watch(settings),
        disk_free=settings.preflight.disk_free,
    )


def accessory_request(
    name: str, settings: Settings, installation: Installation, context: str
) -> AccessoryRequest:
    """The request to run an accessory on its server; it contains the secrets' values."""
    accessory = settings.application.accessories[name]
    server = settings.server_of(name)
    shared = len(settings.servers) > 1
    address = settings.servers[server].private_address if shared else None
    return AccessoryRequest(
        target=installation.target(server),
        context=context,
        accessory=AccessoryDefinition(
            name=name,
            image=accessory.image,
            command=accessory.command,
            port=accessory.port,
            publish_address=str(address) if address else None,
            environment=dict(accessory.environment),
            secrets=accessory.secrets,
            volumes={volume: str(path) for volume, path in accessory.volumes.items()},
            health=health(accessory.health),
            limits=Limits(accessory.limits.memory, accessory.limits.cpus),
            stop_grace=accessory.stop_grace,
        ),
        secrets=settings.secret_values(accessory.secrets),
        registry=registry_login(settings),
        network=str(settings.proxy.network),
    )


def accessory_hosts(settings: Settings, server: str) -> dict[str, str]:
    """Addresses of the accessories on other servers, by name; Docker resolves those on this one."""
    places = {name: settings.server_of(name) for name in settings.application.accessories}
    return {
        name: str(settings.servers[place].private_address)
        for name, place in places.items()
        if place != server
    }


def registry_login(settings: Settings) -> RegistryLogin:
    """The registry that servers pull images from, with its login."""
    registry = settings.registry
    password = registry.password and settings.secrets[registry.password].get_secret_value()
    return RegistryLogin(registry.address, registry.username, password)


def proxy_addresses(settings: Settings) -> dict[str, str]:
    """The address "host:port" of each server's proxy for the other servers, by name."""
    port = settings.proxy.http_port
    return {
        name: f"{_bracketed(str(server.private_address or server.host))}:{port}"
        for name, server in settings.servers.items()
    }


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _watch(settings: Settings) -> Watch:
    """The default limit of latency is for canaries only: other releases may always be slow."""
    watch = settings.rollout.watch
    chosen = settings.rollout.strategy == "canary" or "p95" in watch.model_fields_set
    return Watch(**(watch.model_dump() | ({} if chosen else {"p95": None})))


def _proxy(settings: Settings) -> Proxy:
    """With the certificate's digest, so that a renewed certificate changes the request."""
    pem = _certificate(settings)
    own = settings.proxy.model_dump(mode="json") | {"certificate": certificate_digest(pem)}
    return Proxy(**own)


def _certificate(settings: Settings) -> str:
    name = settings.proxy.certificate
    return settings.secrets[name].get_secret_value() if name else ""
