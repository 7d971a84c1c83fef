"""What the server runs and what is wrong with it. Reads only, takes no lock, waits for nobody."""

from __future__ import annotations

import time
from typing import Any

from slipway.agent import accessory_notes, containers, lock, watchdog
from slipway.agent.balancer import Balancer
from slipway.agent.docker import Engine
from slipway.agent.health.container import stop_reason
from slipway.agent.proxy_front import certificate_name
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.state import IDLE, State, brief


def status(
    request: Request, engine: Engine, store: Store, report: Report, agent: str
) -> dict[str, Any]:
    """Also where nothing was ever deployed. Raises SlipwayError for an unreadable state."""
    state = store.state()
    now = time.time()
    holder = lock.load(store).held(lock.moment())
    if store.folder.exists():
        watchdog.ensure(store, request.application)
    try:
        found = _containers(engine, request.application)
        accessories = accessory_notes.observed(engine, request.application, store)
        balancer = Balancer(engine, request.application, store.proxy, report)
        problems = _problems(state, found, balancer)
    except SlipwayError as error:
        found, accessories, problems = [], {}, [str(error)]
    return {
        "server": request.server,
        "agent": agent,
        "application": request.application,
        "epoch": state.epoch,
        "phase": state.phase,
        "serving": brief(state.serving),
        "previous": brief(state.previous),
        "warm": state.previous is not None and state.warm_until > now,
        "candidate": brief(state.candidate),
        "basis": state.serving.basis.to_dict() if state.serving else None,
        "problems": problems,
        "warnings": warnings(state, store),
        "accessories": accessories,
        "lock": holder.to_dict() if holder else None,
        "containers": found,
        "clock": now,
    }


def warnings(state: State, store: Store) -> list[str]:
    """What will be a problem one day, and is none yet."""
    if state.serving is None or not state.proxy.https_port:
        return []
    from slipway.agent import certificate

    path = store.proxy / "config" / certificate_name(state.proxy.certificate)
    pem = path.read_text() if path.exists() else ""
    return certificate.warnings(pem, state.proxy.renew_before)


def _containers(engine: Engine, application: str) -> list[dict[str, Any]]:
    found = []
    for short in engine.containers(application=application, kind="service"):
        full = engine.inspect(short["Id"])
        if full is None:  # removed meanwhile
            continue
        labels = full["Config"]["Labels"]
        verdict = full["State"].get("Health", {}).get("Status")
        found.append(
            {
                "name": full["Name"].lstrip("/"),
                "service": labels["slipway.service"],
                "replica": int(labels["slipway.replica"]),
                "release": labels["slipway.release"],
                "state": full["State"]["Status"],
                "fault": stop_reason(full) or ("unhealthy" if verdict == "unhealthy" else ""),
                "health": verdict,
                "restarts": full["RestartCount"],
                "image": full["Config"]["Image"],
            }
        )
    return found


def _problems(state: State, found: list[dict[str, Any]], balancer: Balancer) -> list[str]:
    """In which ways the server is not as the serving release wants it."""
    if state.serving is None:
        return []
    present = {each["name"]: each for each in found}
    problems = []
    for wanted in containers.of(balancer.application, state.serving):
        have = present.get(wanted.name)
        if have is None:
            problems.append(f"{wanted.label}: missing")
        elif have["image"] != wanted.service.image:
            problems.append(f"{wanted.label}: runs another image")
        elif have["fault"]:
            problems.append(f"{wanted.label}: {have['fault']}")
    if state.phase == IDLE:
        problems += balancer.faults(state)
    return problems
