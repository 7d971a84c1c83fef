"""Whether all that an application has on this server is well: asked at once, changing nothing."""

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
from slipway.agent.health.log_errors import compiled
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


Look = Callable[[], Iterable[Finding]]


def run(request: DiagnoseRequest, engine: Engine, store: Store, report: Report) -> DiagnoseAnswer:
    """Look at the serving release, `service` alone where one is named, and at accessories.

    Lines of a log's last `minutes` that look like errors count as something wrong; 0 reads none.
    Raises SlipwayError where nothing serves, or for an unknown service.
    """
    application, service = request.target.application, request.service
    state = store.state()
    if state.serving is None:
        raise SlipwayError("nothing serves here yet", where=application, remedy="Deploy a release")
    own = containers.of(application, state.serving)
    others = accessory.subjects(engine, application, store)
    known = {each.service.name for each in own} | {each.label for each in others}
    if service and service not in known:
        names = ", ".join(sorted(known))
        raise SlipwayError(f"there is no service {service!r} here", remedy=f"Known: {names}")
    wanted = subjects(each for each in own if service in ("", each.service.name))
    wanted += [each for each in others if service in ("", each.label)]
    looks: list[Look] = [partial(_container, engine, each, request.minutes) for each in wanted]
    proxy = ProxyContainer(engine, application, store.proxy, report)
    release = state.serving.release
    if any(each.port and service in ("", each.name) for each in release.services):
        looks.append(partial(_proxy, proxy, state))
        looks.append(partial(_smoke, release, service, inner_port(state.proxy)))
    found = in_parallel(lambda look: list(look()), looks, AT_ONCE)
    return DiagnoseAnswer(tuple(finding for findings in found for finding in findings))


def _container(engine: Engine, subject: Subject, minutes: float) -> Iterator[Finding]:
    found = engine.inspect(subject.name)
    stopped = health.stop_reason(found) if found else "missing"
    restarts = found["RestartCount"] if found else 0
    seen = f"running, restarted {restarts} times" if restarts else "running"
    yield Finding(subject.label, "container", not stopped, stopped or seen)
    if found is None:
        return
    if not stopped:
        wrong = redactor(found).line(probe(engine, subject, found))
        yield Finding(subject.label, "ready", not wrong, wrong[:SHOWN] or subject.health.kind)
    if minutes:
        yield _log(engine, subject, found, minutes)


def _log(engine: Engine, subject: Subject, found: Any, minutes: float) -> Finding:
    pattern = compiled(LOG_ERRORS)
    lines = engine.logs(subject.name, MOST_LINES, since=time.time() - 60 * minutes)
    errors = [line.partition(" ")[2] for line in lines if pattern.search(line)]
    span = f"in {minutes:g} min"
    if not errors:
        return Finding(subject.label, "log", True, f"no errors {span}")
    count = f"{len(errors)} errors" if len(errors) > 1 else "an error"
    last = redactor(found).line(errors[-1])[:SHOWN]
    return Finding(subject.label, "log", False, f"{count} {span}, the last: {last}")


def _proxy(proxy: ProxyContainer, state: State) -> Iterator[Finding]:
    """Only at rest: in the middle of a rollout it changes."""
    faults = proxy.faults(state) if state.phase is Phase.IDLE else []
    yield Finding("proxy", "proxy", not faults, "; ".join(faults) or "as the state says")


def _smoke(release: Release, service: str, port: int) -> Iterator[Finding]:
    """As users meet it: through the public port."""
    tests = tuple(test for test in release.smoke if service in ("", test.service))
    for result in smoke.results(replace(release, smoke=tests), port):
        yield Finding(result.test.service, "smoke", not result.fault, str(result)[:SHOWN])


def command(arguments: Sequence[str]) -> int:
    """`agent health`, for people on the server; 0 when all is well, 1 when not, or unknown."""
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
    well = all(finding.ok for finding in answer.findings)
    if options.json or not sys.stdout.isatty():
        print(json.dumps({"ok": well, **to_json(answer)}))
    else:
        print("\n".join(map(line, answer.findings)))
    return 0 if well else 1


def line(finding: Finding) -> str:
    """A finding for people."""
    verdict = "ok  " if finding.ok else "FAIL"
    return f"{verdict}  {finding.part:<20}  {finding.check:<9}  {finding.detail}"


def installed(home: Path, application: str = "", environment: str = "") -> Installation:
    """The one that is here and has these names. Raises SlipwayError for none, or for several."""
    states = sorted(home.glob(f"{ROOT}/{application or '*'}/{environment or '*'}/state.json"))
    found = [Installation(path.parts[-3], path.parts[-2]) for path in states]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{each.application}/{each.environment}" for each in found)
    raise SlipwayError(
        f"several environments are here: {names}" if names else "no application is here",
        where=str(home / ROOT),
        remedy="Name one: --application NAME --environment NAME" if names else "Deploy one",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("agent health", description="Is all well on this server?")
    parser.add_argument("--application", default="", help="if several are installed")
    parser.add_argument("--environment", default="", help="if several are installed")
    parser.add_argument("--service", default="", help="one service or accessory; else all")
    parser.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        help="how far back the logs are read; 0: not at all",
    )
    parser.add_argument("--json", action="store_true", help="JSON on a terminal, too")
    return parser
