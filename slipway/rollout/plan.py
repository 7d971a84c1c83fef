"""The steps of a rollout and their order, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from slipway.rollout.step import Step


@dataclass(frozen=True)
class Batch:
    """Servers that give the new release `weight` per cent of their traffic at the same time."""

    servers: tuple[str, ...]
    weight: int = 100
    hold: float = 0.0  # seconds that they watch it before the next batch
    pause: float = 0.0  # seconds to wait before it


@dataclass(frozen=True)
class PlannedStep:
    """One step on one server, to run once everything named in `after` has succeeded."""

    step: Step
    server: str
    after: tuple[str, ...] = ()
    weight: int = 100  # per cent; of a switch only
    hold: float = 0.0  # seconds
    pause: float = 0.0  # seconds

    @property
    def name(self) -> str:
        """Unique in a plan, and the same in every plan of these servers and strategy."""
        share = f"-at-{self.weight}" if self.weight < 100 else ""
        return f"{self.step}-{self.server}{share}"

    @property
    def carries_secrets(self) -> bool:
        """Whether its request holds secrets, of the services or of the registry."""
        return self.step in (Step.PREFLIGHT, Step.PULL, Step.MIGRATE, Step.START)

    @property
    def finds_database(self) -> bool:
        """Whether its request says which data the release finds."""
        return self.step in (Step.MIGRATE, Step.START)


@dataclass(frozen=True)
class AccessoryStep:
    """An accessory that is made to run as defined, before what may need it."""

    accessory: str
    after: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"accessory-{self.accessory}"


@dataclass(frozen=True)
class Barrier:
    """A point where many steps wait for many others.

    Without it each of n steps would name n others: a million names for a thousand servers.
    """

    name: str
    after: tuple[str, ...]


Plan = list[Union[PlannedStep, AccessoryStep, Barrier]]


def rolling(servers: Sequence[str], *, size: int, pause: float, bake: float) -> list[Batch]:
    """Traffic moves on `size` servers at a time, with `pause` seconds between two batches."""
    starts = range(0, len(servers), size)
    return [
        Batch(tuple(servers[n : n + size]), hold=bake, pause=pause if n else 0.0) for n in starts
    ]


def blue_green(servers: Sequence[str], *, bake: float) -> list[Batch]:
    """Traffic moves on all servers at once."""
    return [Batch(tuple(servers), hold=bake)]


def canary(
    servers: Sequence[str], *, weights: Sequence[int], hold: float, bake: float
) -> list[Batch]:
    """Every server gives the new release a growing share, each held for `hold` seconds.

    The last one, of all the traffic, is held for `bake` seconds.
    """
    return [
        Batch(tuple(servers), weight, hold=bake if weight == 100 else hold) for weight in weights
    ]


def steps(
    servers: Sequence[str],
    batches: Sequence[Batch],
    *,
    accessories: Sequence[str] = (),
    migrate: bool,
    smoke: bool = False,
    at_once: bool = False,
) -> Plan:
    """Each phase is done on all servers before the next begins on any of them.

    The rollout begins when the servers pull its images. Then accessories are started or changed,
    and the migration, if any, runs once, on the first server: nothing of the release runs before
    that is done. Smoke tests, if any, come before any traffic moves. The servers prepare once the
    release has all traffic on each of them, and commit once all are prepared.

    With `at_once` all servers have the release warm. No batch waits for another server's, a
    canary's shares come after all of the traffic and have nothing left to do, and preflight comes
    last: what it checks (disk, images, ports) such a release has already, so that a fault is a
    warning.
    """
    plan: Plan = []

    def phase(name: str, each: Sequence[PlannedStep | AccessoryStep]) -> tuple[str, ...]:
        plan.extend(each)
        names = tuple(one.name for one in each)
        if len(names) == 1:
            return names
        plan.append(Barrier(name, names))
        return (name,)

    def on_all(step: Step, *after: str) -> tuple[str, ...]:
        return phase(f"all-{step}", [PlannedStep(step, server, after) for server in servers])

    after = () if at_once else on_all(Step.PREFLIGHT)
    after = on_all(Step.PULL, *after)
    if accessories:
        after = phase("accessories", [AccessoryStep(each, after) for each in accessories])
    if migrate:
        after = phase("migrate", [PlannedStep(Step.MIGRATE, servers[0], after)])
    after = on_all(Step.START, *after)
    if smoke:
        after = on_all(Step.SMOKE, *after)
    started = after
    barriers: tuple[str, ...] = ()
    last: dict[str, tuple[str, ...]] = {}  # by server, the switch before
    numbered = list(enumerate(batches, 1))
    for number, batch in reversed(numbered) if at_once else numbered:
        moves = [
            PlannedStep(
                Step.SWITCH,
                server,
                last.get(server, started) if at_once else after,
                batch.weight,
                batch.hold,
                batch.pause,
            )
            for server in batch.servers
        ]
        last.update((move.server, (move.name,)) for move in moves)
        after = phase(f"batch-{number}", moves)
        barriers += after
    if len(barriers) > 1:  # with `at_once` or without: the same plan has the same resources
        plan.append(Barrier("all-switch", barriers))
        barriers = ("all-switch",)
    prepared = on_all(Step.PREPARE, *barriers)
    commits = [PlannedStep(Step.COMMIT, server, prepared) for server in servers]
    plan.extend(commits)
    if at_once:
        checks = [PlannedStep(Step.PREFLIGHT, each.server, (each.name,)) for each in commits]
        phase("all-preflight", checks)
    return plan
