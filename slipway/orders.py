"""What the agent is told at each step: one JSON object, as a pure function of plain values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from slipway.release import plan as plans
from slipway.release.basis import Basis
from slipway.release.plan import Action, Plan, Step, Wave, steps
from slipway.release.release import Release
from slipway.release.watch import HOLD
from slipway.settings import Settings

# Seconds that a step may take beyond what it waits for by configuration.
_PULLING = 900
_WORKING = 60


def plan(settings: Settings, *, warm: bool) -> Plan:
    """The steps of a rollout to all servers; `warm` when all have its containers running."""
    return steps(
        list(settings.servers),
        _waves(settings),
        migrate=settings.application.migration is not None,
        smoke=bool(settings.application.smoke),
        at_once=warm,
    )


def _waves(settings: Settings) -> list[Wave]:
    rollout, servers = settings.rollout, list(settings.servers)
    if rollout.strategy == "canary":
        canary = rollout.canary
        return plans.canary(servers, weights=canary.weights, hold=canary.hold, bake=rollout.bake)
    if rollout.strategy == "blue-green":
        return plans.blue_green(servers, bake=rollout.bake)
    batch = rollout.batch_size(len(servers))
    return plans.rolling(servers, batch=batch, pause=rollout.pause, bake=rollout.bake)


def longest_wait(settings: Settings) -> float:
    """Seconds that a server may have to wait between two of its steps while others take theirs.

    The slowest readiness, the migration, and the waves between.
    """
    application = settings.application
    ready = max((each.health.deadline for each in application.services.values()), default=0.0)
    migration = application.migration.timeout if application.migration else 0.0
    return ready + migration + _longest_gap(settings)


def _longest_gap(settings: Settings) -> float:
    """Seconds that the waves between two switches of one server may take, or those after its last.

    It is asked for with every step's order, so it looks at each server of each wave once.
    """
    elapsed = longest = 0.0
    since = dict.fromkeys(settings.servers, 0.0)  # by server, when its wave before began
    for wave in _waves(settings):
        longest = max(longest, *(elapsed - since[server] for server in wave.servers))
        since |= dict.fromkeys(wave.servers, elapsed)
        elapsed += wave.pause + _held(wave, settings)
    return max(longest, *(elapsed - began for began in since.values()))


def _held(wave: Wave | Step, settings: Settings) -> float:
    """Seconds that a wave is watched at most: a canary with too few requests is held on."""
    watch = settings.rollout.watch
    prolonged = wave.weight < 100 and watch.too_few == HOLD
    return max(wave.hold, watch.hold_limit) if prolonged else wave.hold


def step_order(
    step: Step, settings: Settings, environment: str, release: Release, basis: Basis
) -> str:
    """The order for one step; it holds secrets' values where `step.carries_secrets`."""
    order = _rollout(settings, environment, step.server, release, basis)
    if step.action is Action.SWITCH:
        order["rollout"] |= {"weight": step.weight, "pause": step.pause, "bake": step.hold}
        order["rollout"]["watch"] = _watch(settings)
    if step.action is Action.PREFLIGHT:
        order |= _access(settings)
        order["preflight"] = {
            "disk_free": settings.preflight.disk_free,
            "images": sorted({*release.images.values(), settings.proxy.image}),
            "domains": sorted({name for each in release.services for name in each.domains}),
        }
    if step.action is Action.STAGE:
        order |= _access(settings)
        order["release"] = {"id": release.id, **release.to_dict()}
    if step.action in (Action.STAGE, Action.MIGRATE):  # they make containers
        names = {name for service in release.services for name in service.secrets}
        order["secrets"] = settings.secret_values(sorted(names))
        order["hosts"] = accessory_hosts(settings, step.server)
    return json.dumps(order, sort_keys=True)


def step_limit(step: Step, settings: Settings) -> float:
    """Seconds after which the step is ended on the server, whatever it is doing there."""
    application = settings.application
    services = application.services.values()
    starting = max((service.health.deadline for service in services), default=0.0)
    draining = settings.proxy.drain
    stopping = draining + max((service.stop_grace for service in services), default=0.0)
    migrating = application.migration.timeout if application.migration else 0.0
    testing = sum((test.timeout + 1) * (test.retries + 1) for test in application.smoke)
    return (
        _WORKING
        + {
            Action.PREFLIGHT: 0.0,
            Action.STAGE: _PULLING + starting + draining,
            Action.MIGRATE: migrating,
            Action.SMOKE: testing,
            Action.SWITCH: starting + stopping + testing + step.pause + _held(step, settings),
            Action.CONFIRM: 0.0,
            Action.FINALIZE: stopping,
        }[step.action]
    )


def end_order(
    settings: Settings,
    environment: str,
    server: str,
    release: Release,
    basis: Basis,
    *,
    evidence: bool = False,
) -> str:
    """The order to end the rollout that was planned on `basis`, either way.

    `evidence` says that a server of the rollout has gone back.
    """
    order = _rollout(settings, environment, server, release, basis)
    order["rollout"]["evidence"] = evidence
    return json.dumps(order, sort_keys=True)


def accessory_order(name: str, settings: Settings, environment: str, basis: str) -> str:
    """The order to run an accessory on its server; it holds the secrets' values."""
    accessory = settings.application.accessories[name]
    server = settings.server_of(name)
    definition = accessory.model_dump(mode="json", exclude={"server"})
    shared = len(settings.servers) > 1
    order: dict[str, Any] = {
        "application": settings.application.name,
        "environment": environment,
        "server": server,
        "basis": basis,
        "accessory": {
            "name": name,
            **definition,
            "publish_address": settings.servers[server].private_address if shared else None,
        },
        "secrets": settings.secret_values(accessory.secrets),
    }
    order["registry"] = _registry(settings)
    order["proxy"] = {"network": str(settings.proxy.network)}
    return json.dumps(order, sort_keys=True)


def accessory_limit(name: str, settings: Settings) -> float:
    """Seconds after which the accessory's start is given up."""
    accessory = settings.application.accessories[name]
    return _WORKING + _PULLING + accessory.stop_grace + accessory.health.deadline


def accessory_servers(settings: Settings) -> dict[str, str]:
    """By accessory, the server that runs it."""
    return {name: settings.server_of(name) for name in settings.application.accessories}


def accessory_hosts(settings: Settings, server: str) -> dict[str, str]:
    """Addresses of the accessories on other servers, by name; Docker finds those on this one."""
    return {
        name: str(settings.servers[place].private_address)
        for name, place in accessory_servers(settings).items()
        if place != server
    }


def _rollout(
    settings: Settings, environment: str, server: str, release: Release, basis: Basis
) -> dict[str, Any]:
    rollout = settings.rollout
    return {
        "application": release.application,
        "environment": environment,
        "server": server,
        "release": {"id": release.id, "version": release.version},
        "rollout": {
            "basis": basis.to_dict(),
            "owner": environment,
            "lease": settings.rollout.lease + longest_wait(settings),
            "keeping": {"retain": rollout.retain, "warm": rollout.warm_seconds},
        },
    }


def _watch(settings: Settings) -> dict[str, Any]:
    """A limit of latency that nobody set is for canaries only: others may always have been slow."""
    watch = settings.rollout.watch
    chosen = settings.rollout.strategy == "canary" or "p95" in watch.model_fields_set
    return watch.model_dump() | ({} if chosen else {"p95": None})


def _access(settings: Settings) -> dict[str, Any]:
    """Where images come from, and how requests get in."""
    access = {"registry": _registry(settings), "proxy": _proxy(settings)}
    return {**access, "certificate": pem} if (pem := _certificate(settings)) else access


def _registry(settings: Settings) -> dict[str, Any]:
    registry = settings.registry
    password = registry.password and settings.secrets[registry.password].get_secret_value()
    return {
        "address": registry.address,
        "insecure": registry.insecure,
        "username": registry.username,
        "password": password,
    }


def _proxy(settings: Settings) -> dict[str, Any]:
    """The certificate by its digest: a renewed one makes another order."""
    pem = _certificate(settings)
    digest = hashlib.sha256(pem.encode()).hexdigest()[:16] if pem else ""
    return {**settings.proxy.model_dump(mode="json"), "certificate": digest}


def _certificate(settings: Settings) -> str:
    name = settings.proxy.certificate
    return settings.secrets[name].get_secret_value() if name else ""
