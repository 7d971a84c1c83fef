"""The steps of a rollout: the state machine plans, the host does, the lock keeps others out."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

from slipway.agent import lock
from slipway.agent.docker import Engine
from slipway.agent.executor import Journal, carry_out
from slipway.agent.host import Host
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release import machine
from slipway.release.machine import Actions
from slipway.release.state import IDLE, Revision, State, install

Planner = Callable[[Request, State], Actions]


def _stage(request: Request, state: State) -> Actions:
    proxy, rollout = request.proxy_settings(), request.rollout
    candidate = install(
        state, request.whole_release(), proxy, basis=rollout.basis, owner=rollout.owner
    )
    return machine.stage(state, candidate, proxy)


def _migrate(request: Request, state: State) -> Actions:
    return machine.migrate(state, request.release_id)


def _switch(request: Request, state: State) -> Actions:
    return machine.switch(state, request.release_id)


def _finalize(request: Request, state: State) -> Actions:
    rollout = request.rollout
    return machine.finalize(
        state,
        request.release_id,
        basis=rollout.basis,
        now=round(time.time(), 3),
        retain=rollout.retain,
    )


def _abort(request: Request, state: State) -> Actions:
    return machine.abort(state, request.release_id, request.rollout.basis)


def _cleanup(request: Request, state: State) -> Actions:
    return machine.tidy(state, request.rollout.retain)


PLANNERS: dict[str, Planner] = {
    "stage": _stage,
    "migrate": _migrate,
    "switch": _switch,
    "finalize": _finalize,
    "abort": _abort,
    "cleanup": _cleanup,
}


def run(
    step: str, request: Request, engine: Engine, store: Store, report: Report
) -> dict[str, Any]:
    """Do one step. Raises SlipwayError when it failed, with the server as it was before."""
    store.prepare()
    with lock.exclusive(store.folder):
        before = store.state()
        claimed = _claim(step, request, store)
        began = time.monotonic()
        try:
            actions = PLANNERS[step](request, before)
            host = Host(request, engine, store, report)
            journal = Journal(store.append, step, request.rollout.owner)
            warnings = _carry_out(actions, host, journal, report)
        finally:
            after = store.state()
            lock.keep(store, claimed.release() if after.phase == IDLE else claimed)
    return {
        "step": step,
        "server": request.server,
        "application": request.application,
        "release": request.release_id,
        "phase": after.phase,
        "changed": after != before or host.changed,
        "serving": brief(after.serving),
        "switch_seconds": round(host.seconds, 4),
        "seconds": round(time.monotonic() - began, 3),
        "warnings": warnings,
        "note": "" if actions else "there was nothing to do",
    }


def _claim(step: str, request: Request, store: Store) -> lock.Lock:
    rollout = request.rollout
    reason = f"rollout of {request.release_id}" if request.release_id else step
    claimed = lock.load(store).claim(rollout.owner, reason, lease=rollout.lease, now=time.time())
    lock.keep(store, claimed)
    return claimed


def _carry_out(actions: Actions, host: Host, journal: Journal, report: Report) -> list[str]:
    try:
        with _interruptible():
            return carry_out(actions, host, journal, report)
    except SlipwayError as error:
        for line in getattr(error, "log", ()):
            report(line)
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


def brief(revision: Revision | None) -> dict[str, Any] | None:
    """A revision for people and plans."""
    if revision is None:
        return None
    release = revision.release
    return {
        "release": release.id,
        "version": release.version,
        "images": dict(release.images),
        "since": revision.since,
    }
