"""The steps of a rollout: the state machine plans, the host does, the lock keeps others out."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from slipway.agent import incident, lock, peers, watchdog
from slipway.agent.docker import Engine
from slipway.agent.executor import Journal, carry_out
from slipway.agent.host import Host
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release import machine
from slipway.release.machine import Actions
from slipway.release.state import CONFIRMED, IDLE, State, brief, install
from slipway.values import replace

Planner = Callable[[Request, State], Actions]

LOG_SHOWN = 20  # lines of a failed container's log; the incident's report has more
ABORT_PATIENCE = 60.0  # seconds that an abort gives the step which it interrupts to go back
INTERRUPTIBLE = ("stage", "migrate", "smoke", "switch")


def _stage(request: Request, state: State) -> Actions:
    proxy, rollout = request.proxy_settings(), request.rollout
    candidate = install(
        state,
        request.whole_release(),
        proxy,
        basis=rollout.basis,
        owner=rollout.owner,
        now=time.time(),
    )
    return machine.stage(state, candidate, proxy, rollout.keeping)


def _migrate(request: Request, state: State) -> Actions:
    return machine.migrate(state, request.release_id)


def _smoke(request: Request, state: State) -> Actions:
    return machine.smoke(state, request.release_id)


def _switch(request: Request, state: State) -> Actions:
    rollout = request.rollout
    actions = machine.switch(state, request.release_id, rollout.weight)
    if actions and not (state.candidate and state.candidate.warm):
        time.sleep(rollout.pause)
    return actions


def _confirm(request: Request, state: State) -> Actions:
    return machine.confirm(state, request.release_id, request.ballot)


def _finalize(request: Request, state: State) -> Actions:
    release, basis = request.release_id, request.rollout.basis
    return machine.finalize(state, release, request.ballot, basis=basis, now=now())


def _abort(request: Request, state: State) -> Actions:
    evidence = request.rollout.evidence
    return machine.abort(state, request.release_id, request.ballot, evidence=evidence)


def _resolve(request: Request, state: State) -> Actions:
    return machine.resolve(state, str(request.extra.get("end")), now())


def _cleanup(request: Request, state: State) -> Actions:
    return machine.tidy(replace(state, keeping=request.rollout.keeping), now())


PLANNERS: dict[str, Planner] = {
    "stage": _stage,
    "migrate": _migrate,
    "smoke": _smoke,
    "switch": _switch,
    "confirm": _confirm,
    "finalize": _finalize,
    "abort": _abort,
    "resolve": _resolve,
    "cleanup": _cleanup,
}


def run(
    step: str, request: Request, engine: Engine, store: Store, report: Report
) -> dict[str, Any]:
    """Do one step. Raises SlipwayError when it failed, with the server as it was before."""
    store.prepare()
    busy, patience = (request.ballot if step in INTERRUPTIBLE else ""), lock.PATIENCE
    if step == "abort" and lock.interrupt(store.folder, request.ballot):
        patience = ABORT_PATIENCE
    with lock.exclusive(store.folder, busy, patience):
        began = time.monotonic()
        host = Host(request, engine, store, report)
        journal = Journal(store.append, step, request.rollout.owner, request.ballot)
        claimed = _claim(step, request, store)
        try:
            if step == "stage" and store.state().phase == CONFIRMED:
                _carry_out(_due(store.state()), host, journal, report)
            before = store.state()
            actions = PLANNERS[step](request, before)
            warnings = _carry_out(actions, host, journal, report)
        finally:
            after = store.state()
            watchdog.ensure(store, request.application)  # first: a full disk keeps the lock
            _let_go(step, claimed, request, store)
    return {
        "step": step,
        "server": request.server,
        "application": request.application,
        "release": request.release_id,
        "phase": after.phase,
        "vote": after.vote(request.ballot),
        "changed": after != before or host.changed,
        "serving": brief(after.serving),
        "switch_seconds": round(host.seconds, 4),
        "seconds": round(time.monotonic() - began, 3),
        "warnings": warnings,
        "note": "" if actions else "there was nothing to do",
        "incident": incident.of(store, request.ballot) if step == "abort" else None,
    }


def conclude(request: Request, engine: Engine, store: Store, report: Report) -> None:
    """Do what is due on this server without anybody's order. Raises SlipwayError like a step."""
    with lock.exclusive(store.folder):
        record = lock.load(store)
        left = watchdog.due(store.state(), record, lock.moment())
        if left is None or left > 0:
            return
        host = Host(request, engine, store, report)
        journal = Journal(store.append, "conclude", "watchdog", "")
        _carry_out(_due(store.state()), host, journal, report)
        if store.state().phase == IDLE and not record.held(lock.moment()):
            lock.keep(store, record.release())


def _due(state: State) -> Actions:
    """What the end of the lease brings, in the light of what the other servers say."""
    words: dict[str, str] = {}
    if state.phase == CONFIRMED and state.candidate:
        words = peers.ask(state.candidate.basis.peers, state.candidate.ballot)
    return machine.expire(state, words.values(), now())


def _claim(step: str, request: Request, store: Store) -> lock.Lock:
    """Who goes back, or decides by hand, needs nobody's leave."""
    record = lock.load(store)
    if step in ("abort", "resolve"):
        return record
    rollout, reason = request.rollout, f"rollout of {request.release_id}"
    claimed = record.claim(
        rollout.owner,
        reason if request.release_id else step,
        lease=rollout.lease,
        now=lock.moment(),
    )
    lock.keep(store, claimed)
    return claimed


def _let_go(step: str, claimed: lock.Lock, request: Request, store: Store) -> None:
    """The lock ends with the rollout; while that goes on, its lease begins anew with every step."""
    if store.state().phase == IDLE:
        holder = claimed.held(lock.moment())
        kept_away = step == "abort" and holder and holder.owner != request.rollout.owner
        person = holder and holder.ends is None
        lock.keep(store, claimed if person or kept_away else claimed.release())
    elif step not in ("abort", "resolve"):
        _claim(step, request, store)


def now() -> float:
    """Seconds since the epoch."""
    return round(time.time(), 3)


def _carry_out(actions: Actions, host: Host, journal: Journal, report: Report) -> list[str]:
    try:
        with _interruptible():
            return carry_out(actions, host, journal, report)
    except SlipwayError as error:
        log = getattr(error, "log", ())
        for line in log[-LOG_SHOWN:]:
            report(line)
        _keep_incident(error, host, journal)
        report(f"failed: {error.what}; going back")
        undo = machine.recover(host.store.state())
        try:
            for warning in carry_out(undo, host, journal, report):
                report(f"while going back: {warning}")
        except SlipwayError as second:
            raise SlipwayError(
                f"{error.what}; and going back failed too: {second.what}",
                where=error.where,
                remedy="Run the step `abort` again once that is mended",
            ) from second
        raise


def _keep_incident(error: SlipwayError, host: Host, journal: Journal) -> None:
    """A full disk may be the very reason: the report is worth no second failure."""
    serving = host.store.state().serving
    facts = {
        "server": host.request.server,
        "step": journal.step,
        "release": host.request.release_id,
        "before": f"{serving.release.version} ({serving.id})" if serving else "",
    }
    with contextlib.suppress(SlipwayError, OSError):
        incident.keep(host.store, journal.ballot, error, facts, now())


class InterruptedStepError(SlipwayError):
    """The step was told to end."""


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGINT fail the step, which undoes it; going back itself is not interrupted."""

    def interrupt(number: int, _: object) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise InterruptedStepError(
            f"interrupted by {signal.Signals(number).name}", remedy="Run the rollout again"
        )

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
