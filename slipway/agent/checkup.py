"""Whether all that an application has on this server is well: asked at once, changing nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Callable

from slipway.agent import accessory, containers, health, smoke
from slipway.agent.balancer import Balancer
from slipway.agent.docker import Engine
from slipway.agent.health import Subject, subjects
from slipway.agent.health.complaints import compiled
from slipway.agent.health.failure import redactor
from slipway.agent.health.probe import probe
from slipway.agent.proxy_front import inner_port
from slipway.agent.report import Report
from slipway.agent.side_by_side import side_by_side
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.release import Release
from slipway.release.state import IDLE, State
from slipway.release.watch import LOG_ERRORS
from slipway.values import dataclass, replace

AT_ONCE = 16
MOST_LINES = 5000  # of one container's log
SHOWN = 300  # characters of a detail


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `detail` says what is wrong, or what was seen."""

    part: str  # "web-1", "postgres", "proxy"
    check: str  # "container", "ready", "smoke", "log", "proxy"
    ok: bool
    detail: str


Look = Callable[[], Iterable[Finding]]


def checkup(
    application: str, engine: Engine, store: Store, report: Report, service: str, minutes: float
) -> list[Finding]:
    """Findings of the serving release, of `service` alone where one is named, and of accessories.

    Lines of the last `minutes` that look like errors count as something wrong; 0 reads no log.
    Raises SlipwayError where nothing serves, or for an unknown service.
    """
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
    looks: list[Look] = [partial(_container, engine, each, minutes) for each in wanted]
    balancer = Balancer(engine, application, store.proxy, report)
    release = state.serving.release
    if any(each.port and service in ("", each.name) for each in release.services):
        looks.append(partial(_proxy, balancer, state))
        looks.append(partial(_smoke, release, service, inner_port(state.proxy)))
    found = side_by_side(lambda look: list(look()), looks, AT_ONCE)
    return [finding for findings in found for finding in findings]


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


def _proxy(balancer: Balancer, state: State) -> Iterator[Finding]:
    """Only at rest: in the middle of a rollout it changes."""
    faults = balancer.faults(state) if state.phase == IDLE else []
    yield Finding("proxy", "proxy", not faults, "; ".join(faults) or "as the state says")


def _smoke(release: Release, service: str, port: int) -> Iterator[Finding]:
    """As users meet it: through the public port."""
    tests = tuple(test for test in release.smoke if service in ("", test.service))
    for result in smoke.results(replace(release, smoke=tests), port):
        yield Finding(result.test.service, "smoke", not result.fault, str(result)[:SHOWN])
