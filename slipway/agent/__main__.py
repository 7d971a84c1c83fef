"""`python3 agent.pyz STEP`: a JSON request on standard input, one line of JSON on standard output.

`health` alone takes options instead, and is for people too: `python3 agent.pyz health --help`.
Progress goes to standard error. Exits 0, or 1 with a last line there that says what is wrong,
where, what to do, and what serves now.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from slipway.agent.docker import Engine
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.request import LARGEST, Request, parse
from slipway.agent.store import Store
from slipway.errors import SlipwayError

STEPS = (
    *("preflight", "accessory", "stage", "migrate", "smoke", "switch", "confirm", "finalize"),
    *("abort", "resolve", "cleanup", "status", "logs", "lock", "unlock"),
)


def main(arguments: list[str]) -> int:
    """Do one step; the exit status."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a cut SSH session leaves no step half-way
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.umask(0o077)
    report = Report(Redactor(()))
    if len(arguments) == 2 and arguments[0] == "watch":
        return _watch(arguments[1])
    if arguments[:1] == ["health"]:
        from slipway.agent import byhand

        return byhand.health(arguments[1:], Path.home() / ".slipway")
    step = arguments[0] if len(arguments) == 1 else ""
    if step not in STEPS:
        report.last(
            f"agent: unknown step {' '.join(arguments)!r}. Known: {', '.join(STEPS)}, health"
        )
        return 1
    try:
        request = parse(sys.stdin.read(LARGEST + 1))
    except SlipwayError as error:
        report.last(f"agent: {step}: {error}")
        return 1
    report.redact = Redactor(request.confidential)
    store = Store(Path.home() / ".slipway" / request.application)
    try:
        answer = _run(step, request, store, report)
    except (SlipwayError, OSError) as error:
        report.last(f"{request.server}: {step}: {str(error).rstrip('.')}. {_serving(store)}")
        return 1
    with contextlib.suppress(OSError):  # nobody listens any more; the step is done all the same
        print(json.dumps(answer), flush=True)
    return 0


def _run(step: str, request: Request, store: Store, report: Report) -> dict[str, Any]:
    """Modules that a step does not need are not read: `status` is asked before every preview."""
    engine = Engine()
    if step == "status":
        from slipway.agent.status import status

        return status(request, engine, store, report, _hash())
    if step == "preflight":
        from slipway.agent import preflight

        return preflight.run(request, engine, store, report)
    if step == "accessory":
        from slipway.agent import accessory

        return accessory.run(request, engine, store, report)
    if step == "logs":
        from slipway.agent import logs

        return logs.run(request, engine)
    if step in ("lock", "unlock"):
        from slipway.agent import lock

        return lock.run(step, request.extra, store)
    from slipway.agent import rollout

    return rollout.run(step, request, engine, store, report)


def _watch(application: str) -> int:
    """What it needs is read now: a newer agent may take the place of this file meanwhile."""
    from slipway.agent import rollout, watchdog

    store = Store(Path.home() / ".slipway" / application)
    engine, report = Engine(), Report(Redactor(()))
    request = Request(application=application, server=os.uname().nodename)
    watchdog.watch(store, lambda: rollout.conclude(request, engine, store, report))
    return 0


def _serving(store: Store) -> str:
    try:
        serving = store.state().serving
    except SlipwayError:
        return "What serves is unknown"
    return (
        f"{serving.release.version} ({serving.id}) serves" if serving else "Nothing serves here yet"
    )


def _hash() -> str:
    """Of the agent's content, which its file name has: agent-HASH.pyz."""
    name = Path(sys.argv[0]).resolve().stem
    return name.partition("agent-")[2] or "source"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
