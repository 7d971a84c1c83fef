"""The steps of a rollout and their order, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Union

from slipway.values import dataclass


class Action(str, Enum):
    """What the agent is asked to do on a server; the value is the agent's word for it."""

    PREFLIGHT = "preflight"
    STAGE = "stage"
    MIGRATE = "migrate"
    SMOKE = "smoke"
    SWITCH = "switch"
    CONFIRM = "confirm"
    FINALIZE = "finalize"


@dataclass(frozen=True)
class Wave:
    """Servers that give the new release `weight` per cent of their traffic at the same time."""

    servers: tuple[str, ...]
    weight: int = 100
    hold: float = 0.0  # seconds that they watch it before the next wave
    pause: float = 0.0  # seconds to wait before it


@dataclass(frozen=True)
class Step:
    """One action on one server, to be run once all that `after` names has succeeded."""

    action: Action
    server: str
    after: tuple[str, ...] = ()
    weight: int = 100  # per cent; of a switch only
    hold: float = 0.0  # seconds
    pause: float = 0.0  # seconds

    @property
    def name(self) -> str:
        """Unique in a plan, and the same in every plan of these servers and strategy."""
        trial = f"-at-{self.weight}" if self.weight < 100 else ""
        return f"{self.action.value}-{self.server}{trial}"

    @property
    def carries_secrets(self) -> bool:
        """Whether its order holds secrets, of the services or of the registry."""
        return self.action in (Action.PREFLIGHT, Action.STAGE, Action.MIGRATE)


@dataclass(frozen=True)
class Gate:
    """Nothing but a place where many steps wait for many others.

    Without it each of n steps would name n others, and a fleet of a thousand a million.
    """

    name: str
    after: tuple[str, ...]


Plan = list[Union[Step, Gate]]


def rolling(servers: Sequence[str], *, batch: int, pause: float, bake: float) -> list[Wave]:
    """Traffic moves on `batch` servers at a time, with `pause` seconds between two batches."""
    starts = range(0, len(servers), batch)
    return [
        Wave(tuple(servers[n : n + batch]), hold=bake, pause=pause if n else 0.0) for n in starts
    ]


def blue_green(servers: Sequence[str], *, bake: float) -> list[Wave]:
    """Traffic moves on all servers at once."""
    return [Wave(tuple(servers), hold=bake)]


def canary(
    servers: Sequence[str], *, weights: Sequence[int], hold: float, bake: float
) -> list[Wave]:
    """Every server gives the new release a growing share, each held for `hold` seconds.

    The last one, of all the traffic, is held for `bake` seconds.
    """
    return [
        Wave(tuple(servers), weight, hold=bake if weight == 100 else hold) for weight in weights
    ]


def steps(
    servers: Sequence[str],
    waves: Sequence[Wave],
    *,
    migrate: bool,
    smoke: bool = False,
    at_once: bool = False,
) -> Plan:
    """Each phase is done on all servers before the next begins on any of them.

    Only when every server has all its traffic on the release is any asked to confirm, and only when
    all have confirmed does any commit. The migration, if there is one, runs once, on the first
    server; then smoke tests, if there are any, before any traffic moves. With `at_once` all have
    the release warm: no wave waits for another server's, a canary's shares come after all of the
    traffic, with nothing left to do, and preflight last of all, as what it checks (disk, images,
    ports) such a release has already: by then it serves, and what is wrong is a warning.
    """
    plan: Plan = []

    def phase(name: str, each: Sequence[Step]) -> tuple[str, ...]:
        plan.extend(each)
        names = tuple(step.name for step in each)
        if len(names) == 1:
            return names
        plan.append(Gate(name, names))
        return (name,)

    def on_all(action: Action, *after: str) -> tuple[str, ...]:
        return phase(f"all-{action.value}", [Step(action, server, after) for server in servers])

    after = () if at_once else on_all(Action.PREFLIGHT)
    after = on_all(Action.STAGE, *after)
    if migrate:
        after = phase("migrate", [Step(Action.MIGRATE, servers[0], after)])
    if smoke:
        after = on_all(Action.SMOKE, *after)
    staged = after
    gates: tuple[str, ...] = ()
    last: dict[str, tuple[str, ...]] = {}  # by server, the switch before
    numbered = list(enumerate(waves, 1))
    for number, wave in reversed(numbered) if at_once else numbered:
        moves = [
            Step(
                Action.SWITCH,
                server,
                last.get(server, staged) if at_once else after,
                wave.weight,
                wave.hold,
                wave.pause,
            )
            for server in wave.servers
        ]
        last.update((move.server, (move.name,)) for move in moves)
        after = phase(f"wave-{number}", moves)
        gates += after
    if len(gates) > 1:  # with `at_once` or without: the same plan has the same resources
        plan.append(Gate("all-switch", gates))
        gates = ("all-switch",)
    confirmed = on_all(Action.CONFIRM, *gates)
    commits = [Step(Action.FINALIZE, server, confirmed) for server in servers]
    plan.extend(commits)
    if at_once:
        phase("all-preflight", [Step(Action.PREFLIGHT, it.server, (it.name,)) for it in commits])
    return plan
