"""Every verb does on the server what it says, and may be repeated."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.agent import health
from slipway.agent import runner as module
from slipway.agent.engine import containers
from slipway.agent.engine.containers import Place
from slipway.agent.health import smoke
from slipway.agent.health.bake import Hold
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.runner import ActionRunner, Supplies
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.requests import RegistryLogin, Target
from slipway.rollout.context import RolloutContext
from slipway.rollout.machine import Action, Verb
from slipway.rollout.release import Service
from slipway.rollout.state import Phase, RetiredRelease, Revision, State, install
from slipway.rollout.tasks import runs
from slipway.rollout.watch import Watch
from tests.unit.slipway.agent.fake_engine import Containers, described
from tests.unit.slipway.rollout.sample import PROXY, release

STOP_FIRST = Service("clerk", "registry/clerk@sha256:1", order="stop-first", stop_grace=2.5)


def revision(version: str, state: State) -> Revision:
    """A service behind the proxy, a worker, and one that stops first."""
    made = release(version, migration=True, setup=True)
    whole = replace(made, services=(*made.services, STOP_FIRST))
    return install(state, whole, PROXY, context=RolloutContext())


OLD = revision("v1", State())
NEW = revision("v2", State(serving=OLD))
SERVING = State(serving=OLD, proxy=PROXY)
STARTING = State(phase=Phase.STARTING, serving=OLD, candidate=NEW, proxy=PROXY)
PULLED = replace(STARTING, phase=Phase.PULLED)
STARTED = replace(STARTING, phase=Phase.STARTED)
SWITCHING = replace(STARTING, phase=Phase.SWITCHING, weight=100)
ABORTING = replace(STARTING, phase=Phase.ABORTING)
SUPPLIES = Supplies(
    "shop",
    place=Place(Target("shop", "staging", "one")),
    registry=RegistryLogin("registry", None, None),
    database="db",
    bake=7.0,
    watch=Watch(cpu=None),
)


def names(of: Revision) -> dict[str, str]:
    """The name of each container by its service."""
    return {each.service.name: each.name for each in containers.of("shop", of)}


OWN, BEFORE = names(NEW), names(OLD)
MIGRATION, SETUP = (containers.task_name("shop", each) for each in runs(NEW.release, "db"))


class Proxy:
    """Notes what it is told among the calls of the engine, and refuses what it does not know."""

    runtime = "runtime"

    def __init__(self, done: list[str]) -> None:
        self.done, self.is_there, self.fault = done, True, ""

    def publish(self, votes: Mapping[str, str]) -> None:
        self.done.append(f"publish {dict(votes)}")

    def ensure(self, state: State) -> None:
        self.done.append(f"proxy {state.proxy.http_port}")
        if self.fault:
            raise SlipwayError(self.fault)

    def exists(self) -> bool:
        return self.is_there

    def wanted(self, state: State) -> dict[str, int]:
        return state.traffic

    def apply(self, settings: object, configuration: dict[str, int]) -> float:
        assert settings == PROXY
        self.done.append(f"route {configuration}")
        return 0.25

    def forget_certificates(self, state: State) -> None:
        self.done.append("forget certificates")

    def keep_certificate(self, pem: str) -> None:
        self.done.append(f"certificate {pem}")

    def drain(self, slots: list[str], limit: float) -> int:
        self.done.append(f"drain {' '.join(slots)} {limit:g}")
        return 2


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Containers:
    """A server that can pull what the releases need; what is asked of containers is noted."""
    engine = Containers()
    engine.networks["shop"] = PROXY.network
    for image in (*OLD.release.images.values(), *NEW.release.images.values(), PROXY.image):
        engine.registry[image] = [image]
    monkeypatch.setattr(
        health,
        "wait_ready",
        lambda _, own: engine.done.append(f"ready {' '.join(each.label for each in own)}"),
    )
    return engine


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


Run = Callable[..., ActionRunner]


@pytest.fixture
def run(engine: Containers, said: io.StringIO, tmp_path: Path) -> Run:
    """Performs actions on the server, in one call of the agent."""
    store = Store(tmp_path)
    store.keep(replace(SERVING, former=(RetiredRelease("ef", "v0", ("registry/shop@sha256:v0",)),)))

    def perform(*actions: Action, supplies: Supplies = SUPPLIES, **proxy: Any) -> ActionRunner:
        runner = ActionRunner(supplies, engine, store, Report(Redactor(()), stream=said))
        double: Any = Proxy(engine.done)
        for name, value in proxy.items():
            setattr(double, name, value)
        runner.proxy = double
        engine.done.clear()
        for action in actions:
            runner.perform(action)
        return runner

    return perform


def made(engine: Containers, which: Mapping[str, str], status: str = "running") -> None:
    """The containers of a release are there."""
    for name in which.values():
        engine.found[name] = described(name, {}, status)


def before(engine: Containers, verb: Verb) -> None:
    """What the state machine sees to before a verb."""
    engine.exits |= {MIGRATION: 0, SETUP: 0}
    if verb in (Verb.PROVIDE, Verb.PULL, Verb.CREATE, Verb.MIGRATE, Verb.SET_UP):
        return
    made(engine, BEFORE)
    made(engine, OWN, "created" if verb.startswith(("start", "replace")) else "running")
    if verb in (Verb.REMOVE, Verb.REMOVE_UNKNOWN):
        labels = {"slipway.application": "shop", "slipway.kind": containers.TASK}
        engine.found[MIGRATION] = described(MIGRATION, {"Labels": labels}, "exited")
        engine.found[SETUP] = described(SETUP, {"Labels": labels})
    if verb is Verb.PRUNE:
        engine.images = {image: [] for image in (*SERVING.images, "registry/shop@sha256:v0")}
    if verb is Verb.REMOVE_UNKNOWN:
        labels = {"slipway.application": "shop", "slipway.kind": "service"}
        for name, known in (("shop-web-0", "000000000000"), (OWN["web"], NEW.id)):
            body = {"Labels": {**labels, "slipway.release": known}}
            engine.found[name] = described(name, body)


EXPECTED: dict[Verb, tuple[State, str, list[str]]] = {
    Verb.RECORD: (STARTED, "", [f"publish {{'-{NEW.id}': 'tentative'}}"]),
    Verb.PROVIDE: (STARTING, "", ["proxy 80"]),
    Verb.PULL: (
        STARTING,
        NEW.id,
        [
            "pull registry/clerk@sha256:1",
            f"pull {PROXY.image}",
            "pull registry/shop@sha256:v2",
        ],
    ),
    Verb.CREATE: (
        STARTING,
        NEW.id,
        [f"create {OWN[name]}" for name in ("web", "worker", "clerk")],
    ),
    Verb.START: (STARTING, NEW.id, [f"start {OWN['web']}"]),
    Verb.AWAIT_READY: (STARTING, NEW.id, ["ready web-1"]),
    Verb.SMOKE: (STARTED, NEW.id, ["smoke web-1 worker-1 clerk-1 on 9082"]),
    Verb.START_WORKERS: (SWITCHING, NEW.id, [f"start {OWN['worker']}", "ready worker-1"]),
    Verb.STOP_WORKERS: (
        SWITCHING,
        OLD.id,
        [f"stop {BEFORE['worker']} 10", f"stop {BEFORE['clerk']} 3"],
    ),
    Verb.REPLACE_STOP_FIRST: (SWITCHING, NEW.id, [f"start {OWN['clerk']}", "ready clerk-1"]),
    Verb.ROUTE: (
        SWITCHING,
        "",
        [f"route {{'{OLD.id}': 0, '{NEW.id}': 100}}", "forget certificates"],
    ),
    Verb.BAKE: (
        SWITCHING,
        NEW.id,
        ["measure web-1 worker-1 clerk-1 as b", "bake web-1 worker-1 clerk-1 for 7"],
    ),
    Verb.CHECK_STABILITY: (SWITCHING, NEW.id, ["look at web-1 worker-1 clerk-1"]),
    Verb.MIGRATE: (PULLED, NEW.id, [f"create {MIGRATION}", f"start {MIGRATION}"]),
    Verb.SET_UP: (PULLED, NEW.id, [f"create {SETUP}", f"start {SETUP}"]),
    Verb.DRAIN: (ABORTING, NEW.id, ["drain web/b1 20"]),
    Verb.STOP: (
        ABORTING,
        NEW.id,
        [f"stop {OWN['web']} 10", f"stop {OWN['worker']} 10", f"stop {OWN['clerk']} 3"],
    ),
    Verb.REMOVE: (
        ABORTING,
        NEW.id,
        [
            *(f"stop {OWN['web']} 10", f"stop {OWN['worker']} 10", f"stop {OWN['clerk']} 3"),
            *(f"remove {OWN[name]}" for name in ("web", "worker", "clerk")),
            *(f"stop {SETUP} 10", f"remove {SETUP}"),
        ],
    ),
    Verb.REMOVE_UNKNOWN: (
        STARTED,
        "",
        [
            *("stop shop-web-0 10", "remove shop-web-0"),
            *(f"stop {MIGRATION} 10", f"remove {MIGRATION}"),
            *(f"stop {SETUP} 10", f"remove {SETUP}"),
        ],
    ),
    Verb.PRUNE: (SERVING, "", ["delete registry/shop@sha256:v0"]),
    Verb.REPAIR: (SERVING, OLD.id, [f"stop {BEFORE['clerk']} 1"]),
}


@pytest.mark.parametrize("verb", list(Verb))
def test_a_verb_does_what_it_says(
    verb: Verb, run: Run, engine: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(_: object, own: Any) -> Any:
        def look() -> None:
            engine.done.append(f"look at {' '.join(each.label for each in own)}")

        return type("Looking", (), {"check": staticmethod(look)})

    monkeypatch.setattr(smoke, "check", smoked(engine))
    monkeypatch.setattr(module, "measure", measured(engine))
    monkeypatch.setattr(module, "bake", baked(engine))
    monkeypatch.setattr(health, "Stability", looked)
    monkeypatch.setattr(
        health, "fault", lambda _, subject: "silent" if subject.label == "clerk-1" else ""
    )
    before(engine, verb)
    state, of, expected = EXPECTED[verb]
    run(Action(verb, state, of))
    done = (
        sorted(engine.done) if verb in (Verb.STOP, Verb.REMOVE, Verb.STOP_WORKERS) else engine.done
    )
    assert done == (sorted(expected) if done is not engine.done else expected)


def smoked(engine: Containers) -> Callable[..., None]:
    def check(_: object, definition: object, own: Any, port: int) -> None:
        assert definition == NEW.release
        engine.done.append(f"smoke {' '.join(each.label for each in own)} on {port}")

    return check


def measured(engine: Containers) -> Callable[..., str]:
    def measure(_: object, runtime: str, own: Any, watch: Watch, colour: str) -> str:
        assert (runtime, watch) == ("runtime", replace(SUPPLIES.watch, analyse=False))
        engine.done.append(f"measure {' '.join(each.label for each in own)} as {colour}")
        return "count"

    return measure


def baked(engine: Containers) -> Callable[..., str]:
    def bake(_: object, own: Any, hold: Hold, count: str, report: object, old: Any) -> str:
        assert [each.label for each in old] == ["web-1", "worker-1", "clerk-1"]
        assert (count, hold.watch) == ("count", replace(SUPPLIES.watch, analyse=False))
        engine.done.append(f"bake {' '.join(each.label for each in own)} for {hold.seconds:g}")
        return "no errors"

    return bake


def test_every_verb_is_tested() -> None:
    assert set(EXPECTED) == set(Verb)


def test_a_state_is_written_down_before_the_others_are_told(run: Run) -> None:
    runner = run(Action(Verb.RECORD, STARTED))
    assert runner.store.state() == STARTED
    assert not runner.changed


@pytest.mark.parametrize("verb", [Verb.PULL, Verb.CREATE, Verb.START])
def test_what_is_done_already_is_not_done_again(verb: Verb, run: Run, engine: Containers) -> None:
    before(engine, verb)
    state, of, _ = EXPECTED[verb]
    assert run(Action(verb, state, of)).changed
    assert not run(Action(verb, state, of)).changed
    assert engine.done == []


@pytest.mark.parametrize("wrong", ["image", "definition", "restarted"])
@pytest.mark.parametrize(("state", "of", "only"), [(STARTING, NEW, ""), (SERVING, OLD, "image")])
def test_a_container_that_is_not_as_wanted_is_made_anew_and_one_that_serves_for_its_image_only(
    wrong: str, state: State, of: Revision, only: str, run: Run, engine: Containers
) -> None:
    run(Action(Verb.CREATE, state, of.id))
    worker = names(of)["worker"]
    found = engine.found[worker]
    if wrong == "image":
        found["Config"]["Image"] = "registry/shop@sha256:v0"
    elif wrong == "definition":
        found["Config"]["Labels"]["slipway.definition"] = "another"
    else:
        found["RestartCount"] = 1
    run(Action(Verb.CREATE, state, of.id))
    anew = [f"remove {worker}", f"create {worker}"]
    assert engine.done == (anew if wrong in (only or wrong) else [])


def test_a_container_that_is_gone_is_an_error(run: Run) -> None:
    with pytest.raises(SlipwayError) as caught:
        run(Action(Verb.START, STARTING, NEW.id))
    assert str(caught.value) == f"web-1 of release {NEW.id} is missing. Run `pulumi up` again"


@pytest.mark.parametrize(
    ("verb", "needed"), [(Verb.PULL, "registry"), (Verb.CREATE, "values for new containers")]
)
def test_a_step_without_what_an_action_needs_is_an_error(verb: Verb, needed: str, run: Run) -> None:
    with pytest.raises(SlipwayError, match=f"the step has no {needed}"):
        run(Action(verb, STARTING, NEW.id), supplies=Supplies("shop"))


def test_the_first_rollout_that_is_given_up_before_it_has_a_proxy_leads_none(
    run: Run, engine: Containers
) -> None:
    run(Action(Verb.ROUTE, State()), is_there=False)
    assert engine.done == []


def test_the_shift_of_traffic_is_timed(run: Run) -> None:
    assert run(Action(Verb.ROUTE, SWITCHING)).seconds == 0.25


def test_the_proxy_goes_back_with_the_release(run: Run, engine: Containers) -> None:
    run(Action(Verb.ROUTE, ABORTING))
    back = [f"route {{'{OLD.id}': 100, '{NEW.id}': 0}}", "forget certificates"]
    assert engine.done == ["proxy 80", *back]


def test_a_proxy_that_does_not_come_back_does_not_keep_the_traffic(
    run: Run, engine: Containers, said: io.StringIO
) -> None:
    run(Action(Verb.ROUTE, ABORTING), fault="its image is gone")
    assert engine.done[1] == f"route {{'{OLD.id}': 100, '{NEW.id}': 0}}"
    assert said.getvalue() == "the proxy from before cannot be restored: its image is gone\n"


def test_a_certificate_is_kept_before_the_proxy_is_made(run: Run, engine: Containers) -> None:
    engine.images[PROXY.image] = [PROXY.image]
    run(Action(Verb.PROVIDE, STARTING), supplies=replace(SUPPLIES, certificate="PEM"))
    assert engine.done == ["certificate PEM", "proxy 80"]


def test_smoke_tests_go_to_what_users_reach_once_it_has_traffic(
    run: Run, engine: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "check", smoked(engine))
    run(Action(Verb.SMOKE, SWITCHING, NEW.id))
    assert engine.done == ["smoke web-1 worker-1 clerk-1 on 80"]


def test_a_canary_is_judged_by_what_is_behind_the_proxy(
    run: Run, engine: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], bool]] = []

    def measure(_: object, __: object, own: Any, watch: Watch, colour: str) -> None:
        seen.append(([each.label for each in own], watch.analyse))

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "bake", lambda *_: "no errors")
    run(Action(Verb.BAKE, replace(SWITCHING, weight=5), NEW.id))
    assert seen == [(["web-1"], True)]


@pytest.mark.parametrize(("state", "limit"), [(ABORTING, "20"), (SWITCHING, "30")])
def test_a_release_that_is_given_up_has_less_time_to_end_its_connections(
    state: State, limit: str, run: Run, engine: Containers, said: io.StringIO
) -> None:
    run(Action(Verb.DRAIN, state, NEW.id))
    assert engine.done == [f"drain web/b1 {limit}"]
    assert said.getvalue() == f"closing 2 connections to {NEW.id} after {limit} s\n"


def test_a_container_that_answers_once_in_three_tries_is_not_restarted(
    run: Run, engine: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["silent", "silent", ""] * 3)
    monkeypatch.setattr(health, "fault", lambda *_: next(answers))
    made(engine, BEFORE)
    assert not run(Action(Verb.REPAIR, SERVING, OLD.id)).changed
    assert engine.done == []
