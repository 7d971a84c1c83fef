"""What the server runs, and its problems. Read-only, without a lock."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

from slipway.agent import cron
from slipway.agent.engine import containers, volumes
from slipway.agent.engine.client import Engine
from slipway.agent.haproxy import certificate
from slipway.agent.haproxy.container import ProxyContainer
from slipway.agent.haproxy.frontend import certificate_name
from slipway.agent.health.container import stop_reason
from slipway.agent.report import Report
from slipway.agent.state import accessories, lock, lost
from slipway.agent.state.accessories import Note
from slipway.agent.state.store import Store
from slipway.agent.steps.lock import report as lock_report
from slipway.agent.steps.rollout import running
from slipway.errors import SlipwayError
from slipway.protocol.answers import AccessoryReport, ContainerReport, StatusAnswer
from slipway.protocol.installation import Installation
from slipway.protocol.requests import StatusRequest
from slipway.rollout.state import Phase, State

UNFINISHED = "its last step did not finish"


def run(request: StatusRequest, engine: Engine, store: Store, report: Report) -> StatusAnswer:
    """Also before the first deployment. Raises SlipwayError for an unreadable state."""
    application, state = request.target.application, store.state()
    lost.refuse(engine, store, request.target)
    notes = accessories.read(store)
    found: tuple[ContainerReport, ...] = ()
    kept: Mapping[str, AccessoryReport] = {}
    try:
        found = _containers(engine, application)
        kept = {name: _accessory(engine, application, name, note) for name, note in notes.items()}
        problems = _problems(state, found, ProxyContainer(engine, application, store.proxy, report))
    except SlipwayError as error:
        problems = [str(error)]
    return StatusAnswer(
        agent=content_hash(),
        epoch=state.epoch,
        phase=state.phase,
        serving=running(state.serving),
        previous=running(state.previous),
        candidate=running(state.candidate),
        warm=state.previous is not None and state.warm_until > time.time(),
        context=state.serving.context if state.serving else None,
        ran=state.ran,
        problems=tuple(problems),
        warnings=tuple(warnings(state, store)),
        accessories=kept,
        containers=found,
        lock=lock_report(lock.load(store).held(lock.moment())),
        starts_at_boot=cron.starts_at_boot(Installation.of(request.target)),
    )


def content_hash() -> str:
    """The content hash of this agent, from the name of its folder: agent-HASH."""
    return Path(sys.argv[0]).resolve().name.partition("agent-")[2] or "source"


def warnings(state: State, store: Store) -> list[str]:
    """What will become a problem."""
    if state.serving is None or not state.proxy.https_port:
        return []
    path = store.proxy / "config" / certificate_name(state.proxy.certificate)
    pem = path.read_text() if path.exists() else ""
    return certificate.warnings(pem, state.proxy.renew_before)


def _accessory(engine: Engine, application: str, name: str, note: Note) -> AccessoryReport:
    found = engine.inspect(f"{application}-{name}")
    problem = "missing" if found is None else stop_reason(found)
    data = volumes.data(engine, note.volumes)
    if not problem and not note.finished:
        problem = UNFINISHED
    if not problem and data != note.data:
        problem = "its volumes are not those from before"
    return AccessoryReport(note.context, note.starts, data, problem)


def _containers(engine: Engine, application: str) -> tuple[ContainerReport, ...]:
    shorts = engine.containers(application=application, kind="service")
    found = (_container(engine, short["Id"]) for short in shorts)
    return tuple(each for each in found if each is not None)


def _container(engine: Engine, name: str) -> Optional[ContainerReport]:
    """None for a container that was removed meanwhile."""
    full = engine.inspect(name)
    if full is None:
        return None
    labels = full["Config"]["Labels"]
    status = full["State"].get("Health", {}).get("Status")
    return ContainerReport(
        name=full["Name"].lstrip("/"),
        service=labels["slipway.service"],
        replica=int(labels["slipway.replica"]),
        release=labels["slipway.release"],
        image=full["Config"]["Image"],
        state=full["State"]["Status"],
        health=status,
        fault=stop_reason(full) or ("unhealthy" if status == "unhealthy" else ""),
        restarts=full["RestartCount"],
    )


def _problems(state: State, found: tuple[ContainerReport, ...], proxy: ProxyContainer) -> list[str]:
    """The differences between the server and the serving release."""
    if state.serving is None:
        return []
    present = {each.name: each for each in found}
    problems = []
    for wanted in containers.of(proxy.application, state.serving):
        have = present.get(wanted.name)
        if have is None:
            problems.append(f"{wanted.label}: missing")
        elif have.image != wanted.service.image:
            problems.append(f"{wanted.label}: runs another image")
        elif have.fault:
            problems.append(f"{wanted.label}: {have.fault}")
    if state.phase is Phase.IDLE:
        problems += proxy.faults(state)
    return problems
