"""Check everything of an application on this server, concurrently and read-only."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Callable

from slipway.agent import health
from slipway.agent.engine import containers
from slipway.agent.engine.client import Engine
from slipway.agent.haproxy.container import ProxyContainer
from slipway.agent.haproxy.frontend import inner_port
from slipway.agent.health import Subject, smoke, subjects
from slipway.agent.health.failure import redactor
from slipway.agent.health.log_errors import checker
from slipway.agent.health.probe import probe
from slipway.agent.parallel import in_parallel
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.agent.steps import accessory
from slipway.errors import SlipwayError
from slipway.protocol.answers import DiagnoseAnswer, Finding
from slipway.protocol.codec import to_json
from slipway.protocol.installation import ROOT, Installation
from slipway.protocol.requests import DiagnoseRequest
from slipway.rollout.release import Release
from slipway.rollout.state import Phase, State
from slipway.rollout.watch import LOG_ERRORS

AT_ONCE = 16
MINUTES = 5.0  # of the logs that are read by default
MOST_LINES = 5000  # of one container's log
SHOWN = 300  # characters of a detail


Check = Callable[[], Iterable[Finding]]


def run(request: DiagnoseRequest, engine: Engine, store: Store, report: Report) -> DiagnoseAnswer:
    """Check the serving release and the accessories, or only the request's `service`.

    Lines in the last `minutes` of a log that match the error pattern are findings; 0 reads no logs.
    Raises SlipwayError where no release serves, or for an unknown service.
    """
    application, service = request.target.application, request.service
    state = store.state()
    if state.serving is None:
        raise SlipwayError("no release serves here yet", where=application, remedy="Deploy one")
    own = containers.of(application, state.serving)
    others = accessory.subjects(engine, application, store)
    known = {each.service.name for each in own} | {each.label for each in others}
    if service and service not in known:
        names = ", ".join(sorted(known))
        raise SlipwayError(f"there is no service {service!r} here", remedy=f"Known: {names}")
    wanted = subjects((each for each in own if service in ("", each.service.name)), state.proxy)
    wanted += [each for each in others if service in ("", each.label)]
    checks: list[Check] = [partial(_container, engine, each, request.minutes) for each in wanted]
    proxy = ProxyContainer(engine, application, store.proxy, report)
    release = state.serving.release
    if any(each.port and service in ("", each.name) for each in release.services):
        checks.append(partial(_proxy, proxy, state))
        checks.append(partial(_smoke, release, service, inner_port(state.proxy)))
    found = in_parallel(lambda check: list(check()), checks, AT_ONCE)
    return DiagnoseAnswer(tuple(finding for findings in found for finding in findings))


def _container(engine: Engine, subject: Subject, minutes: float) -> Iterator[Finding]:
    found = engine.inspect(subject.name)
    stopped = health.stop_reason(found) if found else "missing"
    restarts = found["RestartCount"] if found else 0
    running = f"running, restarted {restarts} times" if restarts else "running"
    yield Finding(subject.label, "container", not stopped, stopped or running)
    if found is None:
        return
    if not stopped:
        wrong = redactor(found).line(probe(engine, subject, found))
        yield Finding(subject.label, "ready", not wrong, wrong[:SHOWN] or subject.health.kind)
    if minutes:
        yield _log(engine, subject, found, minutes)


def _log(engine: Engine, subject: Subject, found: Any, minutes: float) -> Finding:
    is_error = checker(LOG_ERRORS)
    lines = engine.logs(subject.name, MOST_LINES, since=time.time() - 60 * minutes)
    errors = [text for text in (line.partition(" ")[2] for line in lines) if is_error(text)]
    span = f"in {minutes:g} min"
    if not errors:
        return Finding(subject.label, "log", True, f"no errors {span}")
    count = f"{len(errors)} errors" if len(errors) > 1 else "an error"
    last = redactor(found).line(errors[-1])[:SHOWN]
    return Finding(subject.label, "log", False, f"{count} {span}, the last: {last}")


def _proxy(proxy: ProxyContainer, state: State) -> Iterator[Finding]:
    """Not during a rollout, which changes it."""
    faults = proxy.faults(state) if state.phase is Phase.IDLE else []
    yield Finding("proxy", "proxy", not faults, "; ".join(faults) or "as configured")


def _smoke(release: Release, service: str, port: int) -> Iterator[Finding]:
    """Through the public port, like users' requests."""
    tests = tuple(test for test in release.smoke if service in ("", test.service))
    for result in smoke.results(replace(release, smoke=tests), port):
        yield Finding(result.test.service, "smoke", not result.fault, str(result)[:SHOWN])


def command(arguments: Sequence[str]) -> int:
    """`agent health`, for people on the server; 0 when all checks pass, else 1."""
    options = _parser().parse_args(arguments)
    report = Report(Redactor(()))
    try:
        home = Path.home()
        found = installed(home, options.application, options.environment)
        target = found.target(os.uname().nodename)
        request = DiagnoseRequest(target, options.service, options.minutes)
        answer = run(request, Engine(), Store(home / found.folder), report)
    except (SlipwayError, OSError) as error:
        report.last(f"{os.uname().nodename}: health: {error}")
        return 1
    ok = all(finding.ok for finding in answer.findings)
    if options.json or not sys.stdout.isatty():
        print(json.dumps({"ok": ok, **to_json(answer)}))
    else:
        print("\n".join(map(line, answer.findings)))
    return 0 if ok else 1


def line(finding: Finding) -> str:
    """A finding for people."""
    result = "ok  " if finding.ok else "FAIL"
    return f"{result}  {finding.part:<20}  {finding.check:<9}  {finding.detail}"


def installed(home: Path, application: str = "", environment: str = "") -> Installation:
    """The installation with these names. Raises SlipwayError if there is none, or several."""
    states = sorted(home.glob(f"{ROOT}/{application or '*'}/{environment or '*'}/state.json"))
    found = [Installation(path.parts[-3], path.parts[-2]) for path in states]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{each.application}/{each.environment}" for each in found)
    raise SlipwayError(
        f"several are installed: {names}" if names else "no application is installed",
        where=str(home / ROOT),
        remedy="Choose one: --application NAME --environment NAME" if names else "Deploy one",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("agent health", description="Check this server.")
    parser.add_argument("--application", default="", help="if several are installed")
    parser.add_argument("--environment", default="", help="if several are installed")
    parser.add_argument("--service", default="", help="check only this one")
    parser.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        help="minutes of logs to check; 0: none",
    )
    parser.add_argument("--json", action="store_true", help="JSON, also on a terminal")
    return parser
