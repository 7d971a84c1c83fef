"""Do the state machine's actions on this server; each can be repeated."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Callable, Optional, TypeVar

from slipway.agent import health, peers
from slipway.agent.engine import containers, images, tasks
from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import Container, Place
from slipway.agent.engine.network import ensure_network
from slipway.agent.haproxy import certificate
from slipway.agent.haproxy.container import ProxyContainer
from slipway.agent.haproxy.frontend import inner_port, local_port
from slipway.agent.health import smoke, subjects
from slipway.agent.health.bake import Hold, bake
from slipway.agent.health.measure import measure
from slipway.agent.parallel import in_parallel
from slipway.agent.report import Report
from slipway.agent.state import lock
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.requests import RegistryLogin
from slipway.rollout.machine import Action, Verb
from slipway.rollout.state import Phase, State
from slipway.rollout.tasks import Kind, runs
from slipway.rollout.watch import Watch

Value = TypeVar("Value")

GRACE = 10.0  # seconds for a container of an unknown release
ABORT_DRAIN = 20.0  # seconds at most for connections to an aborted release to end
AT_ONCE = 8  # containers stopped or removed at the same time


@dataclass(frozen=True)
class Supplies:
    """What some actions need beside the state, from the step's request."""

    application: str
    place: Optional[Place] = None  # for new containers
    registry: Optional[RegistryLogin] = None
    certificate: str = ""  # of the proxy, with its key
    database: str = ""  # id of the data that the release finds
    bake: float = 0.0  # seconds
    watch: Watch = field(default_factory=Watch)

    def required_place(self) -> Place:
        return _required(self.place, "values for new containers")

    def required_registry(self) -> RegistryLogin:
        return _required(self.registry, "registry")


class ActionRunner:
    """The actions of one call. `seconds` is the duration of the last change of weights."""

    def __init__(self, supplies: Supplies, engine: Engine, store: Store, report: Report) -> None:
        self.supplies, self.engine, self.store, self.report = supplies, engine, store, report
        self.proxy = ProxyContainer(engine, supplies.application, store.proxy, report)
        self.seconds = 0.0
        self.routed = time.time()  # when traffic began to move
        self.changed = False
        self._images = store.state().images  # all that were needed at some moment of this call
        self._do: dict[Verb, Callable[[State, str], None]] = {
            Verb.RECORD: self._record,
            Verb.PROVIDE: self._provide,
            Verb.PULL: self._pull,
            Verb.CREATE: self._create,
            Verb.START: self._start,
            Verb.AWAIT_READY: self._await_ready,
            Verb.SMOKE: self._smoke,
            Verb.START_WORKERS: self._start_workers,
            Verb.STOP_WORKERS: self._stop_workers,
            Verb.REPLACE_STOP_FIRST: self._replace_stop_first,
            Verb.ROUTE: self._route,
            Verb.BAKE: self._bake,
            Verb.CHECK_STABILITY: self._check_stability,
            Verb.MIGRATE: partial(self._run_once, Kind.MIGRATION),
            Verb.SET_UP: partial(self._run_once, Kind.SETUP),
            Verb.DRAIN: self._drain,
            Verb.STOP: self._stop,
            Verb.REMOVE: self._remove,
            Verb.REMOVE_UNKNOWN: self._remove_unknown,
            Verb.PRUNE: self._prune,
            Verb.REPAIR: self._repair,
        }

    def perform(self, action: Action) -> None:
        """Raises SlipwayError when the action fails."""
        self._do[action.verb](action.state, action.release)

    def _record(self, state: State, _: str) -> None:
        self.store.keep(state)
        self._images |= state.images
        self.publish(state)

    def publish(self, state: State) -> None:
        """Let the other servers of a rollout know the vote, and the end of the lease."""
        holder = lock.load(self.store).holder
        until = holder.ends.wall if holder and holder.ends else 0.0
        self.proxy.publish(peers.answers(state, until))

    def _provide(self, state: State, _: str) -> None:
        ensure_network(self.engine, self.supplies.application, state.proxy.network)
        if self.supplies.certificate:
            self.proxy.keep_certificate(self.supplies.certificate)
            for text in certificate.warnings(self.supplies.certificate, state.proxy.renew_before):
                self.report(f"warning: {text}")
        self.proxy.ensure(state)

    def _pull(self, state: State, release: str) -> None:
        own = state.revision(release).release.images.values()
        for reference in sorted({*own, state.proxy.image}):
            self.changed |= images.ensure(
                self.engine, reference, self.supplies.required_registry(), self.report
            )

    def _create(self, state: State, release: str) -> None:
        definition = state.revision(release).release
        fresh = state.phase == Phase.STARTING
        for each in self._containers(state, release):
            body = containers.payload(each, definition, self.supplies.required_place())
            found = self.engine.inspect(each.name)
            if found and not _must_replace(found, body, fresh):
                continue
            if found:
                self.engine.remove(each.name)
            self.report(f"creating {each.label} of {definition.version}")
            self.engine.create(each.name, body)
            self.changed = True

    def _start(self, state: State, release: str) -> None:
        self._run(containers.with_port(self._containers(state, release)))

    def _await_ready(self, state: State, release: str) -> None:
        health.wait_ready(
            self.engine,
            subjects(containers.with_port(self._containers(state, release)), state.proxy),
        )

    def _start_workers(self, state: State, release: str) -> None:
        self._start_in_order(state, release, containers.START_FIRST)

    def _replace_stop_first(self, state: State, release: str) -> None:
        self._start_in_order(state, release, containers.STOP_FIRST)

    def _start_in_order(self, state: State, release: str, order: str) -> None:
        own = containers.workers(self._containers(state, release))
        mine = [each for each in own if each.service.order == order]
        self._run(mine)
        health.wait_ready(self.engine, subjects(mine, state.proxy))

    def _stop_workers(self, state: State, release: str) -> None:
        self._stop_all(containers.workers(self._containers(state, release)))

    def _repair(self, state: State, release: str) -> None:
        """Stop containers that run but are not ready; a later action starts them again."""
        for subject in subjects(self._containers(state, release), state.proxy):
            tries = (health.fault(self.engine, subject) for _ in range(health.FAILURE_THRESHOLD))
            reasons = [reason for reason in tries if reason]
            if len(reasons) == health.FAILURE_THRESHOLD:
                self.report(f"restarting {subject.label}: {reasons[-1]}")
                self.engine.stop(subject.name, 1)
                self.changed = True

    def _smoke(self, state: State, release: str) -> None:
        """Through a local port while the release has no traffic, then through the public one."""
        revision, port = state.revision(release), inner_port(state.proxy)
        if state.phase == Phase.STARTED:
            port = local_port(state.proxy.http_port, revision.colour)
        smoke.check(self.engine, revision.release, self._containers(state, release), port)

    def _route(self, state: State, _: str) -> None:
        if not state.traffic and not self.proxy.exists():
            return  # the first rollout was aborted before the proxy existed
        if state.phase == Phase.ABORTING:
            self._restore_proxy(state)
        self.routed = time.time()
        self.seconds = self.proxy.apply(state.proxy, self.proxy.wanted(state))
        self.proxy.forget_certificates(state)

    def _restore_proxy(self, state: State) -> None:
        """Restore the proxy, which the rollout may have replaced or lost.

        If that fails, the traffic goes back through the proxy that runs.
        """
        try:
            self.proxy.ensure(state)
        except SlipwayError as error:
            self.report(f"the proxy from before cannot be restored: {error}")

    def _bake(self, state: State, release: str) -> None:
        supplies, revision = self.supplies, state.revision(release)
        self.report(f"monitoring {revision.release.version} for {supplies.bake:g} s")
        own, whole = self._containers(state, release), state.weight == 100
        watched = subjects(own if whole else containers.with_port(own), state.proxy)
        watch = replace(supplies.watch, analyse=not whole and state.serving is not None)
        count = measure(self.engine, self.proxy.runtime, watched, watch, revision.colour)
        hold = Hold(supplies.bake, watch, self.routed)
        before = self._containers(state, state.serving.id) if state.serving else []
        old = subjects(before, state.proxy)
        verdict = bake(self.engine, watched, hold, count, self.report, old)
        self.report(f"{revision.release.version} has passed: {verdict}")

    def _check_stability(self, state: State, release: str) -> None:
        own = subjects(self._containers(state, release), state.proxy)
        health.Stability(self.engine, own).check()

    def _run_once(self, kind: Kind, state: State, release: str) -> None:
        definition, place = state.revision(release).release, self.supplies.required_place()
        ensure_network(self.engine, self.supplies.application, state.proxy.network)
        (run,) = (each for each in runs(definition, self.supplies.database) if each.kind is kind)
        tasks.run(self.engine, run, definition, place, self.report)
        self.changed = True

    def _drain(self, state: State, release: str) -> None:
        own = self._containers(state, release)
        colour = state.revision(release).colour
        slots = [f"{c.service.name}/{colour}{c.replica}" for c in containers.with_port(own)]
        aborting = state.phase == Phase.ABORTING
        limit = min(state.proxy.drain, ABORT_DRAIN) if aborting else state.proxy.drain
        left = self.proxy.drain(slots, limit)
        if left:
            self.report(f"closing {left} connections to {release} after {limit:g} s")

    def _stop(self, state: State, release: str) -> None:
        self._stop_all(self._containers(state, release))

    def _remove(self, state: State, release: str) -> None:
        own = self._containers(state, release)
        self._stop_all(own)
        in_parallel(lambda c: self.engine.remove(c.name), own, AT_ONCE)
        tasks.remove(self.engine, self.supplies.application, keep_finished=True)

    def _remove_unknown(self, state: State, _: str) -> None:
        """Also containers of migrations, whose success is recorded by then."""
        application = self.supplies.application
        known = {revision.id for revision in state.known}
        for found in self.engine.containers(application=application, kind="service"):
            if found["Labels"]["slipway.release"] not in known:
                self.engine.stop(found["Id"], GRACE)
                self.engine.remove(found["Id"])
        tasks.remove(self.engine, application, keep_finished=False)

    def _prune(self, state: State, _: str) -> None:
        images.forget(self.engine, self._images - state.images, self.report)

    def _containers(self, state: State, release: str) -> list[Container]:
        return containers.of(self.supplies.application, state.revision(release))

    def _run(self, wanted: Iterable[Container]) -> None:
        for each in wanted:
            found = self.engine.inspect(each.name)
            if found is None:
                raise SlipwayError(
                    f"{each.label} of release {each.release} is missing",
                    remedy="Run `pulumi up` again",
                )
            if health.stop_reason(found):
                self.engine.start(each.name)
                self.changed = True

    def _stop_all(self, wanted: Iterable[Container]) -> None:
        in_parallel(lambda c: self.engine.stop(c.name, c.service.stop_grace), wanted, AT_ONCE)


def _must_replace(found: dict[str, Any], body: dict[str, Any], fresh: bool) -> bool:
    """Whether a container must be created again; one that serves, only for a wrong image."""
    if found["Config"]["Image"] != body["Image"]:
        return True
    definitions = (
        found["Config"]["Labels"].get("slipway.definition"),
        body["Labels"]["slipway.definition"],
    )
    return fresh and (definitions[0] != definitions[1] or bool(found["RestartCount"]))


def _required(value: Optional[Value], name: str) -> Value:
    if value is None:
        raise SlipwayError(f"the step has no {name}", remedy="Run `pulumi up` again")
    return value
