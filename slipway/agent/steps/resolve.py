"""End a rollout without the runner: by a person's decision, or after the lease has expired."""

from __future__ import annotations

from slipway.agent import peers, watchdog
from slipway.agent.engine.client import Engine
from slipway.agent.executor import Journal, attempt
from slipway.agent.report import Report
from slipway.agent.runner import ActionRunner, Supplies
from slipway.agent.state import lock
from slipway.agent.state.store import Store
from slipway.agent.steps.rollout import due_actions, now, running
from slipway.errors import SlipwayError
from slipway.protocol.answers import ResolveAnswer
from slipway.protocol.requests import ResolveRequest, Target
from slipway.rollout import machine
from slipway.rollout.state import Phase


def resolve(request: ResolveRequest, engine: Engine, store: Store, report: Report) -> ResolveAnswer:
    """Do what a person has decided, whoever has the lock.

    Raises SlipwayError where there is nothing to decide.
    """
    store.prepare()
    with lock.exclusive(store.folder):
        claimed, before = lock.load(store), store.state()
        actions = machine.resolve(before, request.decision, now())
        transaction = before.candidate.transaction if before.candidate else ""
        runner = ActionRunner(Supplies(request.target.application), engine, store, report)
        journal = Journal(store.append, "resolve", request.target.environment, transaction)
        try:
            attempt(actions, runner, journal, report, _ignore)
        finally:
            after = store.state()
            watchdog.ensure(store, request.target)
            if after.phase is Phase.IDLE:
                lock.keep(store, claimed.released_by_rollout(lock.moment()))
    return ResolveAnswer(after.phase, running(after.serving))


def conclude(target: Target, engine: Engine, store: Store, report: Report) -> None:
    """Do what is due on this server, without a request. Raises SlipwayError like a step.

    A lease that has ended does not count while the rollout goes on elsewhere.
    """
    if peers.go_on(store.state(), now()):
        return
    with lock.exclusive(store.folder):
        loaded = lock.load(store)
        left = watchdog.due(store.state(), loaded, lock.moment())
        if left is None or left > 0:
            return
        runner = ActionRunner(Supplies(target.application), engine, store, report)
        journal = Journal(store.append, "conclude", "watchdog")
        attempt(due_actions(store.state()), runner, journal, report, _ignore)
        if store.state().phase is Phase.IDLE and not loaded.held(lock.moment()):
            lock.keep(store, loaded.release())


def _ignore(_: SlipwayError) -> None:
    """No incident report: no runner would request it."""
