"""The steps of a rollout: planned by the state machine, done by the runner, under the lock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Callable, Optional, Union

from slipway.agent import peers, watchdog
from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import Place
from slipway.agent.executor import Journal, attempt
from slipway.agent.report import Report
from slipway.agent.runner import ActionRunner, Supplies
from slipway.agent.state import incidents, lock, lost
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.answers import (
    AbortAnswer,
    Fault,
    IncidentReport,
    MigrateAnswer,
    RolloutAnswer,
    Running,
)
from slipway.protocol.requests import (
    AbortRequest,
    CommitRequest,
    MigrateRequest,
    PrepareRequest,
    PullRequest,
    Rollout,
    SmokeRequest,
    StartRequest,
    SwitchRequest,
)
from slipway.rollout import machine
from slipway.rollout.machine import Actions
from slipway.rollout.state import Phase, Revision, State, install
from slipway.rollout.step import Step
from slipway.rollout.tasks import Run, runs

RolloutRequest = Union[
    PullRequest,
    MigrateRequest,
    StartRequest,
    SmokeRequest,
    SwitchRequest,
    PrepareRequest,
    CommitRequest,
    AbortRequest,
]
Planner = Callable[[Any, State], Actions]

LOG_KEPT = 50  # lines of a failed container's log in the incident report
ABORT_TIMEOUT = 60.0  # seconds that an abort waits for the step that it interrupts to roll back
INTERRUPTIBLE = (Step.PULL, Step.MIGRATE, Step.START, Step.SMOKE, Step.SWITCH)


def _pull(request: PullRequest, state: State) -> Actions:
    context, rollout = request.rollout.context, request.rollout
    _check_release(request)
    candidate = install(state, request.release, request.proxy, context=context, now=time.time())
    return machine.pull(state, candidate, request.proxy, rollout.retention)


def _check_release(request: PullRequest) -> None:
    """The id is computed again from the content, so that it identifies exactly what runs."""
    named, found = request.rollout.release, request.release
    if found.id != named:
        raise SlipwayError(
            f"its id is {named}, but the id of its content is {found.id}",
            where="release",
            remedy="Run `pulumi up`, which installs the agent of this version",
        )
    if found.application != request.target.application:
        raise SlipwayError(
            f"it belongs to {found.application}, not to {request.target.application}",
            where="release",
        )


def _migrate(request: MigrateRequest, state: State) -> Actions:
    release, known = request.rollout.release, request.rollout.context.ran
    return machine.migrate(state, release, _runs(request, state), known)


def _start(request: StartRequest, state: State) -> Actions:
    return machine.start(state, request.rollout.release, _runs(request, state))


def _runs(request: Union[MigrateRequest, StartRequest], state: State) -> tuple[Run, ...]:
    """The commands of the release that the step is for. Raises SlipwayError if it is unknown."""
    return runs(state.revision(request.rollout.release).release, request.database)


def _smoke(request: SmokeRequest, state: State) -> Actions:
    return machine.smoke(state, request.rollout.release)


def _switch(request: SwitchRequest, state: State) -> Actions:
    actions = machine.switch(state, request.rollout.release, request.weight)
    if actions and not (state.candidate and state.candidate.warm):
        time.sleep(request.pause)
    return actions


def _prepare(request: PrepareRequest, state: State) -> Actions:
    return machine.prepare(state, request.rollout.release, request.rollout.transaction)


def _commit(request: CommitRequest, state: State) -> Actions:
    rollout = request.rollout
    return machine.commit(
        state, rollout.release, rollout.transaction, context=rollout.context, now=now()
    )


def _abort(request: AbortRequest, state: State) -> Actions:
    rollout = request.rollout
    return machine.abort(
        state, rollout.release, rollout.transaction, peer_aborted=request.peer_aborted
    )


PLANNERS: Mapping[Step, Planner] = {
    Step.PULL: _pull,
    Step.MIGRATE: _migrate,
    Step.START: _start,
    Step.SMOKE: _smoke,
    Step.SWITCH: _switch,
    Step.PREPARE: _prepare,
    Step.COMMIT: _commit,
    Step.ABORT: _abort,
}


def run(
    step: Step, request: RolloutRequest, engine: Engine, store: Store, report: Report
) -> Union[RolloutAnswer, MigrateAnswer, AbortAnswer]:
    """Run one step. Raises SlipwayError when it fails, with the server as it was before."""
    rollout, owner = request.rollout, request.target.environment
    store.prepare()
    if step is Step.PULL:
        lost.refuse(engine, store, request.target)
    busy = rollout.transaction if step in INTERRUPTIBLE else ""
    timeout = lock.TIMEOUT
    if step is Step.ABORT and lock.interrupt(store.folder, rollout.transaction):
        timeout = ABORT_TIMEOUT
    with lock.exclusive(store.folder, busy, timeout):
        began = time.monotonic()
        runner = ActionRunner(_supplies(request), engine, store, report)
        journal = Journal(store.append, step, owner, rollout.transaction)
        keep = partial(_keep_incident, step, request, store)
        claimed = _claim(step, rollout, owner, store)
        try:
            if step is Step.PULL and store.state().phase is Phase.PREPARED:
                attempt(due_actions(store.state()), runner, journal, report, keep)
            before = store.state()
            actions = PLANNERS[step](request, before)
            warnings = attempt(actions, runner, journal, report, keep)
        finally:
            after = store.state()
            watchdog.ensure(store, request.target)  # first: on a full disk the lock fails
            _release_lock(step, claimed, rollout, owner, store)
            runner.publish(after)  # with the renewed lease
    answer = RolloutAnswer(
        step=step,
        server=request.target.server,
        release=rollout.release,
        phase=after.phase,
        vote=after.vote(rollout.transaction),
        changed=after != before or runner.changed,
        serving=running(after.serving),
        switch_seconds=round(runner.seconds, 4),
        seconds=round(time.monotonic() - began, 3),
        warnings=tuple(warnings),
        note="" if actions else "there was nothing to do",
    )
    if isinstance(request, MigrateRequest):
        known = {*after.ran, *rollout.context.ran}
        ran = tuple(run.id for run in _runs(request, after) if run.id in known)
        return MigrateAnswer(answer, ran)
    return answer if step is not Step.ABORT else _with_incident(answer, store, rollout.transaction)


def _with_incident(answer: RolloutAnswer, store: Store, transaction: str) -> AbortAnswer:
    return AbortAnswer(
        answer, incidents.first(store, transaction), incidents.timeline(store, transaction)
    )


def due_actions(state: State) -> Actions:
    """What to do when the lease has expired, with the votes of the other servers."""
    found: Mapping[str, peers.Answer] = {}
    if state.phase is Phase.PREPARED and state.candidate:
        found = peers.ask(state.candidate.context.peers, state.candidate.transaction)
    return machine.expire(state, [each.vote for each in found.values()], now())


def running(revision: Optional[Revision]) -> Optional[Running]:
    """A revision for an answer."""
    if revision is None:
        return None
    release = revision.release
    return Running(revision.id, release.version, dict(release.images), revision.since)


def _supplies(request: RolloutRequest) -> Supplies:
    application = request.target.application
    if isinstance(request, PullRequest):
        return Supplies(application, registry=request.registry)
    if isinstance(request, MigrateRequest):
        place = Place(request.target, request.hosts, request.secrets)
        return Supplies(application, place, database=request.database)
    if isinstance(request, StartRequest):
        place = Place(request.target, request.hosts, request.secrets)
        return Supplies(application, place, certificate=request.certificate)
    if isinstance(request, SwitchRequest):
        return Supplies(application, bake=request.bake, watch=request.watch)
    return Supplies(application)


def _claim(step: Step, rollout: Rollout, owner: str, store: Store) -> lock.Lock:
    """An abort needs no lock."""
    loaded = lock.load(store)
    if step is Step.ABORT:
        return loaded
    reason = f"rollout of {rollout.release}"
    claimed = loaded.claim(owner, reason, lease=rollout.lease, now=lock.moment())
    lock.keep(store, claimed)
    return claimed


def _release_lock(
    step: Step, claimed: lock.Lock, rollout: Rollout, owner: str, store: Store
) -> None:
    """Release the lock when the rollout has ended; until then every step renews its lease."""
    if store.state().phase is Phase.IDLE:
        holder = claimed.held(lock.moment())
        foreign = step is Step.ABORT and holder is not None and holder.owner != owner
        lock.keep(store, claimed if foreign else claimed.released_by_rollout(lock.moment()))
    elif step is not Step.ABORT:
        _claim(step, rollout, owner, store)


def _keep_incident(step: Step, request: RolloutRequest, store: Store, error: SlipwayError) -> None:
    """Ignored if it cannot be written: a full disk may be the reason of the failure."""
    serving = store.state().serving
    log = getattr(error, "log", ())[-LOG_KEPT:]
    report = IncidentReport(
        transaction=request.rollout.transaction,
        server=request.target.server,
        step=step,
        release=request.rollout.release,
        before=str(serving) if serving else "",
        time=now(),
        fault=Fault(error.what, error.where, error.remedy),
        log=tuple(line[: incidents.LINE] for line in log),
    )
    with contextlib.suppress(SlipwayError, OSError):
        incidents.keep(store, report)


def now() -> float:
    """Seconds since the epoch."""
    return round(time.time(), 3)
