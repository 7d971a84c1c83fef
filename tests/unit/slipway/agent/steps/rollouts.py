"""A rollout on one server, and the requests of it, that the tests of steps share."""

from __future__ import annotations

import io

from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.runner import ActionRunner
from slipway.agent.state import lock
from slipway.agent.state.store import Store
from slipway.protocol.requests import (
    AbortRequest,
    PrepareRequest,
    PullRequest,
    RegistryLogin,
    Rollout,
    Target,
)
from slipway.rollout.context import RolloutContext
from slipway.rollout.machine import Action, Verb
from slipway.rollout.state import Phase, Retention, State, install
from tests.unit.slipway.rollout.sample import PROXY, release

OLD = install(State(), release("v1"), PROXY, context=RolloutContext())
CONTEXT = RolloutContext("v1", "f00d", {"two": "10.0.0.2:80"})
NEW = install(State(serving=OLD), release("v2"), PROXY, context=CONTEXT)
PREPARED = State(phase=Phase.PREPARED, serving=OLD, candidate=NEW, weight=100, proxy=PROXY)
TARGET = Target("shop", "staging", "one")
ROLLOUT = Rollout(NEW.id, "v2", CONTEXT, 60.0, Retention())
ABORT = AbortRequest(TARGET, ROLLOUT, peer_aborted=False)
PREPARE = PrepareRequest(TARGET, ROLLOUT)
PULL = PullRequest(
    TARGET, ROLLOUT, NEW.release, registry=RegistryLogin("r:5000", None, None), proxy=PROXY
)
REPORT = Report(Redactor(()), stream=io.StringIO())


def write_down(runner: ActionRunner, action: Action) -> None:
    """Of all that a step does on the server."""
    if action.verb is Verb.RECORD:
        runner.store.keep(action.state)


def take(store: Store, owner: str, seconds: float | None) -> None:
    lock.keep(store, lock.load(store).claim(owner, "why", lease=seconds, now=lock.moment()))


def owner(store: Store) -> str | None:
    holder = lock.load(store).holder
    return holder.owner if holder else None
