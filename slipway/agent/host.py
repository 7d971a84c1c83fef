"""The hands: every verb of the state machine, done so that it can be repeated.

What one verb alone needs is read when it is done: to start is most of what a short step costs. Not
so for going back and for committing: the watchdog does them, maybe when its agent was replaced.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from typing import Any, Callable

from slipway.agent import containers, health, images, migration
from slipway.agent.balancer import Balancer
from slipway.agent.containers import Container
from slipway.agent.docker import Engine
from slipway.agent.health import subjects
from slipway.agent.proxy_front import inner_port, local_port
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.side_by_side import side_by_side
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.machine import Action
from slipway.release.state import ABORTING, STAGED, STAGING, State
from slipway.values import replace

GRACE = 10.0  # seconds for a container whose release nobody remembers
UNWELL = 20.0  # seconds at most that connections to a release that is given up get to end
AT_ONCE = 8  # containers stopped or removed at the same time


class Host:
    """One server, for one call. `seconds` has the time that the last shift of traffic took."""

    def __init__(self, request: Request, engine: Engine, store: Store, report: Report) -> None:
        self.request, self.engine, self.store, self.report = request, engine, store, report
        self.balancer = Balancer(engine, request.application, store.proxy, report)
        self.seconds = 0.0
        self.routed = time.time()  # when traffic began to move
        self.changed = False
        self._images = store.state().images

    def perform(self, action: Action) -> None:
        """Raises SlipwayError when it cannot be done."""
        verb: Callable[[State, str], None] = getattr(self, f"_{action.verb}")
        verb(action.state, action.release)

    def _record(self, state: State, _: str) -> None:
        self.store.keep(state)
        self.balancer.publish(state.votes)

    def _prepare(self, state: State, _: str) -> None:
        ensure_network(self.engine, self.request.application, state.proxy.network)
        images.ensure(self.engine, state.proxy.image, self.request.registry, self.report)
        if self.request.certificate:
            from slipway.agent import certificate

            self.balancer.keep_certificate(self.request.certificate)
            for told in certificate.warnings(self.request.certificate, state.proxy.renew_before):
                self.report(f"warning: {told}")
        self.balancer.ensure(state)

    def _pull(self, state: State, release: str) -> None:
        for reference in sorted(set(state.revision(release).release.images.values())):
            self.changed |= images.ensure(
                self.engine, reference, self.request.registry, self.report
            )

    def _create(self, state: State, release: str) -> None:
        definition = state.revision(release).release
        fresh = state.phase == STAGING
        for each in self._containers(state, release):
            body = containers.payload(each, definition, self.request.place)
            found = self.engine.inspect(each.name)
            if found and not _unfit(found, body, fresh):
                continue
            if found:
                self.engine.remove(each.name)
            self.report(f"creating {each.label} of {definition.version}")
            self.engine.create(each.name, body)
            self.changed = True
        if fresh and release not in state.migrated:
            migration.prepare(self.engine, definition, self.request.place)

    def _start(self, state: State, release: str) -> None:
        self._run(containers.ported(self._containers(state, release)))

    def _ready(self, state: State, release: str) -> None:
        health.wait_ready(
            self.engine, subjects(containers.ported(self._containers(state, release)))
        )

    def _workers(self, state: State, release: str) -> None:
        self._take_over(state, release, containers.START_FIRST)

    def _relieve(self, state: State, release: str) -> None:
        self._take_over(state, release, containers.STOP_FIRST)

    def _take_over(self, state: State, release: str, order: str) -> None:
        own = containers.workers(self._containers(state, release))
        mine = [each for each in own if each.service.order == order]
        self._run(mine)
        health.wait_ready(self.engine, subjects(mine))

    def _rest(self, state: State, release: str) -> None:
        self._stop_all(containers.workers(self._containers(state, release)))

    def _mend(self, state: State, release: str) -> None:
        """A container that runs and does not answer is started again."""
        for subject in subjects(self._containers(state, release)):
            tries = (health.fault(self.engine, subject) for _ in range(health.STRIKES))
            reasons = [reason for reason in tries if reason]
            if len(reasons) == health.STRIKES:
                self.report(f"restarting {subject.label}: {reasons[-1]}")
                self.engine.stop(subject.name, 1)
                self.changed = True

    def _smoke(self, state: State, release: str) -> None:
        """By a port of its own while it has no traffic, and then by the one that users have."""
        from slipway.agent import smoke

        revision, port = state.revision(release), inner_port(state.proxy)
        if state.phase == STAGED:
            port = local_port(state.proxy.http_port, revision.colour)
        smoke.check(self.engine, revision.release, self._containers(state, release), port)

    def _route(self, state: State, _: str) -> None:
        if not state.traffic and not self.balancer.exists():
            return  # the very first rollout was given up before it made a proxy
        if state.phase == ABORTING:
            self._return_proxy(state)
        self.routed = time.time()
        self.seconds = self.balancer.apply(state.proxy, self.balancer.wanted(state))
        self.balancer.forget_certificates(state)

    def _return_proxy(self, state: State) -> None:
        """The rollout may have replaced the proxy, or lost it.

        Where it cannot be had as it was, the traffic goes back through the one that runs.
        """
        try:
            self.balancer.ensure(state)
        except SlipwayError as error:
            self.report(f"the proxy from before does not come back: {error}")

    def _bake(self, state: State, release: str) -> None:
        from slipway.agent.health.bake import Hold, bake
        from slipway.agent.measure import measure

        rollout, revision = self.request.rollout, state.revision(release)
        self.report(f"watching {revision.release.version} for {rollout.bake:g} s")
        own, whole = self._containers(state, release), state.weight == 100
        watched = subjects(own if whole else containers.ported(own))
        watch = replace(rollout.watch, analyse=not whole and state.serving is not None)
        count = measure(self.engine, self.balancer.runtime, watched, watch, revision.colour)
        hold = Hold(rollout.bake, watch, self.routed)
        verdict = bake(self.engine, watched, hold, count, self.report)
        self.report(f"{revision.release.version} has passed: {verdict}")

    def _steady(self, state: State, release: str) -> None:
        health.Steadiness(self.engine, subjects(self._containers(state, release))).look()

    def _migrate(self, state: State, release: str) -> None:
        migration.run(self.engine, state.revision(release).release, self.report)

    def _drain(self, state: State, release: str) -> None:
        own = self._containers(state, release)
        colour = state.revision(release).colour
        slots = [f"{c.service.name}/{colour}{c.replica}" for c in containers.ported(own)]
        given_up = state.phase == ABORTING
        limit = min(state.proxy.drain, UNWELL) if given_up else state.proxy.drain
        left = self.balancer.drain(slots, limit)
        if left:
            self.report(f"{left} connections to {release} end now, after {limit:g} s")

    def _stop(self, state: State, release: str) -> None:
        self._stop_all(self._containers(state, release))

    def _remove(self, state: State, release: str) -> None:
        own = self._containers(state, release)
        self._stop_all(own)
        side_by_side(lambda c: self.engine.remove(c.name), own, AT_ONCE)
        self.engine.remove(containers.migration_name(self.request.application, release))

    def _sweep(self, state: State, _: str) -> None:
        """Also migrations: those of a committed release have run, or were another server's."""
        application = self.request.application
        known = {revision.id for revision in state.known}
        for found in self.engine.containers(application=application, kind="service"):
            if found["Labels"]["slipway.release"] not in known:
                self.engine.stop(found["Id"], GRACE)
                self.engine.remove(found["Id"])
        for found in self.engine.containers(application=application, kind="migration"):
            self.engine.remove(found["Id"])

    def _prune(self, state: State, _: str) -> None:
        images.forget(self.engine, self._images - state.images, self.report)

    def _containers(self, state: State, release: str) -> list[Container]:
        return containers.of(self.request.application, state.revision(release))

    def _run(self, wanted: Iterable[Container]) -> None:
        for each in wanted:
            found = self.engine.inspect(each.name)
            if found is None:
                raise SlipwayError(
                    f"{each.label} of release {each.release} is gone",
                    remedy="Deploy that release again",
                )
            if health.stop_reason(found):
                self.engine.start(each.name)
                self.changed = True

    def _stop_all(self, wanted: Iterable[Container]) -> None:
        side_by_side(lambda c: self.engine.stop(c.name, c.service.stop_grace), wanted, AT_ONCE)


def _unfit(found: dict[str, Any], body: dict[str, Any], fresh: bool) -> bool:
    """Whether a container has to be made anew; one that serves, only for a wrong image."""
    if found["Config"]["Image"] != body["Image"]:
        return True
    marks = (
        found["Config"]["Labels"].get("slipway.definition"),
        body["Labels"]["slipway.definition"],
    )
    return fresh and (marks[0] != marks[1] or bool(found["RestartCount"]))


def ensure_network(engine: Engine, name: str, subnet: str) -> None:
    """The application's own bridge. Addresses in its upper half are the engine's to give."""
    found: dict[str, Any] | None = engine.find(f"/networks/{name}")
    if found is None:
        upper = list(ipaddress.ip_network(subnet).subnets())[1]
        pool = {"Subnet": subnet, "IPRange": str(upper)}
        labels = {"slipway.application": name}
        engine.post(
            "/networks/create",
            {
                "Name": name,
                "Driver": "bridge",
                "CheckDuplicate": True,
                "IPAM": {"Config": [pool]},
                "Labels": labels,
            },
        )
        return
    actual = [each.get("Subnet") for each in found["IPAM"]["Config"] or ()]
    if subnet not in actual:
        raise SlipwayError(
            f"network {name} is {', '.join(map(str, actual))}, not {subnet}",
            where="proxy/network",
            remedy=f"Configure that one, or remove all containers and `docker network rm {name}`",
        )
