"""Time limits of steps: after its limit, a step is ended on its server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slipway.rollout.plan import Batch, PlannedStep
from slipway.rollout.step import Step
from slipway.rollout.watch import HOLD
from slipway.settings import Settings

# Seconds that a step may take in addition to its configured waits.
_PULLING = 900
_WORKING = 60


def step_limit(step: PlannedStep, settings: Settings) -> float:
    """Seconds after which the step is ended on the server.

    No more than its lease, where `rollout/lease` is at least a minute.
    """
    # Those who have pulled wait for those who pull, so it is the lease that says how long.
    working = max(_WORKING, settings.rollout.lease) if step.step is Step.PULL else _WORKING
    return working + _waits(step, settings)


def leases(
    steps: Iterable[PlannedStep], settings: Settings, batches: Sequence[Batch]
) -> dict[str, float]:
    """By step, seconds from its beginning or end until the server goes back by itself.

    They cover the waits of the step itself and those until the server's next one, in addition to
    `rollout/lease`. How long the others really work is not known: a server whose lease has ended
    goes on while one of them has a lease.
    """
    after_pull, later = wait_after_pull(settings), longest_wait(settings, batches)
    found = {}
    for step in steps:
        between = after_pull if step.step is Step.PULL else later
        found[step.name] = settings.rollout.lease + max(between, _waits(step, settings))
    return found


def _waits(step: PlannedStep, settings: Settings) -> float:
    """Seconds that the step waits for at most, by its configuration."""
    application = settings.application
    services = application.services.values()
    starting = _slowest_start(settings)
    draining = settings.proxy.drain
    stopping = draining + max((service.stop_grace for service in services), default=0.0)
    testing = sum((test.timeout + 1) * (test.retries + 1) for test in application.smoke)
    return {
        Step.PREFLIGHT: 0.0,
        Step.PULL: draining,
        Step.MIGRATE: _migrating(settings),
        Step.START: starting + draining,
        Step.SMOKE: testing,
        Step.SWITCH: starting + stopping + testing + step.pause + _longest_hold(step, settings),
        Step.PREPARE: 0.0,
        Step.COMMIT: stopping,
    }[step.step]


def accessory_limit(name: str, settings: Settings) -> float:
    """Seconds after which the accessory's step is ended on the server."""
    accessory = settings.application.accessories[name]
    return _WORKING + _PULLING + accessory.stop_grace + accessory.health.deadline


def wait_after_pull(settings: Settings) -> float:
    """Seconds that a server may have to wait between its pull and its start.

    Meanwhile accessories get ready, all at once, and the migration runs on another server.
    """
    accessories = settings.application.accessories.values()
    ready = (each.stop_grace + each.health.deadline for each in accessories)
    return max(ready, default=0.0) + _migrating(settings)


def longest_wait(settings: Settings, batches: Sequence[Batch]) -> float:
    """Seconds that a server may have to wait between two later steps, while others run theirs.

    These are the slowest readiness and the batches between.
    """
    return _slowest_start(settings) + _longest_gap(settings, batches)


def _longest_gap(settings: Settings, batches: Sequence[Batch]) -> float:
    """Seconds that the batches between two switches of a server, or after its last, may take."""
    elapsed = longest = 0.0
    since = dict.fromkeys(settings.servers, 0.0)  # by server, the start of its previous batch
    for batch in batches:
        longest = max(longest, *(elapsed - since[server] for server in batch.servers))
        since |= dict.fromkeys(batch.servers, elapsed)
        elapsed += batch.pause + _longest_hold(batch, settings)
    return max(longest, *(elapsed - began for began in since.values()))


def _longest_hold(batch: Batch | PlannedStep, settings: Settings) -> float:
    """Seconds that a hold takes at most: with too few requests a canary's hold is prolonged."""
    watch = settings.rollout.watch
    prolonged = batch.weight < 100 and watch.too_few == HOLD
    return max(batch.hold, watch.hold_limit) if prolonged else batch.hold


def _slowest_start(settings: Settings) -> float:
    services = settings.application.services.values()
    return max((service.health.deadline for service in services), default=0.0)


def _migrating(settings: Settings) -> float:
    application = settings.application
    return sum(each.timeout for each in (application.migration, application.setup) if each)
