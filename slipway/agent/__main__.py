"""`python3 agent STEP`: a request on standard input, one line with the answer on standard output.

Three commands take arguments instead: `watch APPLICATION ENVIRONMENT` is the watchdog, `install`
with the same arguments makes cron start it after a boot, and `health` is for people (`health
--help`). Progress goes to standard error. The exit status is 0, or 1 with a last line there that
says what is wrong, where, what to do, and which release serves.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Callable

from slipway.agent import cron, watchdog
from slipway.agent.engine.client import Engine
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.agent.steps import (
    accessory,
    diagnostics,
    lock,
    logs,
    preflight,
    resolve,
    rollout,
    status,
)
from slipway.errors import SlipwayError
from slipway.protocol.installation import INSTALL, WATCH, Installation
from slipway.protocol.messages import LARGEST_REQUEST, read_request, write_answer
from slipway.protocol.requests import Target, confidential
from slipway.rollout.step import Step

Handler = Callable[[Any, Engine, Store, Report], Any]

HEALTH = "health"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")  # the names that Pulumi allows for stacks

HANDLERS: Mapping[Step, Handler] = {
    Step.PREFLIGHT: preflight.run,
    **{step: partial(rollout.run, step) for step in rollout.PLANNERS},
    Step.RESOLVE: resolve.resolve,
    Step.ACCESSORY: accessory.run,
    Step.STATUS: status.run,
    Step.DIAGNOSE: diagnostics.run,
    Step.LOGS: logs.run,
    Step.LOCK: lock.run,
    Step.UNLOCK: lock.run,
}


def main(arguments: Sequence[str]) -> int:
    """Run one step and return the exit status."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a lost SSH session does not stop a step
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.umask(0o077)
    if len(arguments) == 3 and arguments[0] in (WATCH, INSTALL):
        return _watchdog_command(arguments[0], Installation(arguments[1], arguments[2]))
    if arguments[:1] == [HEALTH]:
        return diagnostics.command(arguments[1:])
    report = Report(Redactor(()))
    if len(arguments) != 1 or arguments[0] not in set(Step):
        known = ", ".join([*Step, HEALTH])
        report.last(f"agent: unknown step {' '.join(arguments)!r}. Known: {known}")
        return 1
    step = Step(arguments[0])
    try:
        request = read_request(step, sys.stdin.read(LARGEST_REQUEST + 1))
        store = _store(request.target)
    except SlipwayError as error:
        report.last(f"agent: {step}: {error}")
        return 1
    return _do(step, request, store, Report(Redactor(confidential(request))))


def _do(step: Step, request: Any, store: Store, report: Report) -> int:
    try:
        answer = HANDLERS[step](request, Engine(), store, report)
    except (SlipwayError, OSError) as error:
        message = str(error).rstrip(".")
        report.last(f"{request.target.server}: {step}: {message}. {_serving(store)}")
        return 1
    with contextlib.suppress(OSError):  # the connection is lost; the step is done
        print(write_answer(answer), flush=True)
    return 0


def _store(target: Target) -> Store:
    """Raises SlipwayError for names that could be paths."""
    for name in (target.application, target.environment):
        if not NAME.match(name):
            raise SlipwayError(
                f"{name!r} is not a valid name",
                where="target",
                remedy="Use letters, digits, . _ and -",
            )
    return Store(Path.home() / Installation.of(target).folder)


def _watchdog_command(command: str, installation: Installation) -> int:
    """Run the watchdog, or make cron start it after a boot."""
    report = Report(Redactor(()))
    target = installation.target(os.uname().nodename)
    try:
        store = _store(target)
        if command == INSTALL:
            cron.install(installation, Path.home())
        else:
            watchdog.watch(store, lambda: resolve.conclude(target, Engine(), store, report))
    except SlipwayError as error:
        report.last(f"{target.server}: {command}: {error}")
        return 1
    return 0


def _serving(store: Store) -> str:
    try:
        serving = store.state().serving
    except SlipwayError:
        return "The serving release is unknown"
    return f"{serving} serves" if serving else "No release serves here yet"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
