"""A status tells what runs and what is wrong with it, and changes nothing."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.agent import cron
from slipway.agent.engine import containers
from slipway.agent.engine.client import EngineError
from slipway.agent.haproxy.container import ProxyContainer
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state import accessories, lock, lost
from slipway.agent.state.lock import Lock
from slipway.agent.state.store import Store
from slipway.agent.steps import status
from slipway.errors import SlipwayError
from slipway.protocol.answers import (
    AccessoryReport,
    ContainerReport,
    LockReport,
    Running,
    StatusAnswer,
)
from slipway.protocol.requests import StatusRequest, Target
from slipway.rollout.context import RolloutContext
from slipway.rollout.release import Health
from slipway.rollout.state import Phase, State, install
from tests.unit.slipway.agent.fake_engine import Containers, described
from tests.unit.slipway.rollout.sample import PROXY, release

CONTEXT = RolloutContext("nothing", "f00d", {"two": "10.0.0.2:80"})
OLD = install(State(), release("v1"), PROXY, context=RolloutContext())
SERVING = replace(install(State(serving=OLD), release("v2"), PROXY, context=CONTEXT), since=7.5)
STATE = State(epoch=3, serving=SERVING, previous=OLD, proxy=PROXY)
WEB, WORKER = (each.name for each in containers.of("shop", SERVING))
IMAGE = "registry/shop@sha256:v2"


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a process was started")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(subprocess, "Popen", forbidden)
    monkeypatch.setattr(ProxyContainer, "faults", lambda *_: [])
    monkeypatch.setattr(cron, "starts_at_boot", lambda _: True)
    monkeypatch.setattr(sys, "argv", ["/home/deploy/.slipway/shop/staging/agent-0123456789ab"])
    return Store(tmp_path / ".slipway" / "shop" / "staging")


@pytest.fixture
def engine() -> Containers:
    """A server on which all is well."""
    engine = Containers()
    for name, service in ((WEB, "web"), (WORKER, "worker")):
        labels = {
            "slipway.application": "shop",
            "slipway.kind": "service",
            "slipway.service": service,
            "slipway.replica": "1",
            "slipway.release": SERVING.id,
        }
        engine.found[name] = described(name, {"Image": IMAGE, "Labels": labels})
    return engine


def ask(engine: Containers, store: Store) -> StatusAnswer:
    before = kept(store)
    request = StatusRequest(Target("shop", "staging", "one"))
    answer = status.run(request, engine, store, Report(Redactor(()), stream=io.StringIO()))
    assert engine.done == []
    assert kept(store) == before
    return answer


def kept(store: Store) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in store.folder.parent.rglob("*") if path.is_file()
    }


def deploy(store: Store, state: State = STATE) -> None:
    store.prepare()
    store.keep(state)


def test_where_nothing_was_ever_deployed_nothing_serves(store: Store) -> None:
    assert ask(Containers(), store) == StatusAnswer(
        agent="0123456789ab",
        epoch=0,
        phase=Phase.IDLE,
        serving=None,
        previous=None,
        candidate=None,
        warm=False,
        context=None,
        ran=(),
        problems=(),
        warnings=(),
        accessories={},
        containers=(),
        lock=None,
        starts_at_boot=True,
    )
    assert not store.folder.exists()


def test_what_serves_is_told_with_its_containers_and_the_rollout_it_came_by(
    store: Store, engine: Containers
) -> None:
    deploy(store)
    accessories.begin(store, "redis", Health("redis"), 6379, ())
    accessories.done(store, "redis", "not started", "")
    engine.found["shop-redis"] = described("shop-redis", {})
    lock.keep(store, Lock().claim("ann", "a new disk", lease=None, now=lock.moment()))
    holder = lock.load(store).holder
    assert holder is not None
    own = {"release": SERVING.id, "image": IMAGE, "state": "running", "health": None}
    assert ask(engine, store) == StatusAnswer(
        agent="0123456789ab",
        epoch=3,
        phase=Phase.IDLE,
        serving=Running(SERVING.id, "v2", {"web": IMAGE, "worker": IMAGE}, 7.5),
        previous=Running(
            OLD.id, "v1", dict.fromkeys(("web", "worker"), "registry/shop@sha256:v1"), 0.0
        ),
        candidate=None,
        warm=False,
        context=CONTEXT,
        ran=(),
        problems=(),
        warnings=(),
        accessories={"redis": AccessoryReport("not started", 1, "", "")},
        containers=(
            ContainerReport(WEB, "web", 1, fault="", restarts=0, **own),  # type: ignore[arg-type]
            ContainerReport(WORKER, "worker", 1, fault="", restarts=0, **own),  # type: ignore[arg-type]
        ),
        lock=LockReport("ann", "a new disk", holder.since, None),
        starts_at_boot=True,
    )


def test_a_release_before_is_warm_until_its_time_is_over(store: Store, engine: Containers) -> None:
    deploy(store, replace(STATE, warm_until=time.time() + 60))
    assert ask(engine, store).warm
    deploy(store, replace(STATE, warm_until=time.time() - 60))
    assert not ask(engine, store).warm


def test_every_container_that_is_not_as_it_should_be_is_a_problem(
    store: Store, engine: Containers
) -> None:
    deploy(store)
    engine.found[WEB]["State"].update(Status="exited", ExitCode=137, OOMKilled=True)
    del engine.found[WORKER]
    found = ask(engine, store)
    assert found.problems == ("web-1: exited (137, out of memory)", "worker-1: missing")
    assert [each.fault for each in found.containers] == ["exited (137, out of memory)"]


def test_a_container_of_another_image_and_one_that_is_unhealthy_are_problems(
    store: Store, engine: Containers
) -> None:
    deploy(store)
    engine.found[WEB]["Config"]["Image"] = "registry/shop@sha256:v1"
    engine.found[WORKER]["State"]["Health"] = {"Status": "unhealthy"}
    assert ask(engine, store).problems == ("web-1: runs another image", "worker-1: unhealthy")


@pytest.mark.parametrize(
    ("phase", "told"), [(Phase.IDLE, ("proxy: missing",)), (Phase.STARTED, ())]
)
def test_the_proxy_counts_at_rest_only(
    phase: Phase,
    told: tuple[str, ...],
    store: Store,
    engine: Containers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ProxyContainer, "faults", lambda *_: ["proxy: missing"])
    deploy(store, replace(STATE, phase=phase))
    assert ask(engine, store).problems == told


def test_an_accessory_that_is_gone_stopped_or_not_finished_is_told(
    store: Store, engine: Containers
) -> None:
    deploy(store)
    for name in ("gone", "stopped", "unfinished"):
        accessories.begin(store, name, Health(), None, ())
        engine.found[f"shop-{name}"] = described(f"shop-{name}", {})
        if name != "unfinished":
            accessories.done(store, name, "b", "")
    del engine.found["shop-gone"]
    engine.found["shop-stopped"]["State"].update(Status="exited", ExitCode=1)
    assert {name: each.problem for name, each in ask(engine, store).accessories.items()} == {
        "gone": "missing",
        "stopped": "exited (1)",
        "unfinished": "its last step did not finish",
    }


def test_an_engine_that_does_not_answer_is_a_problem_and_no_silence(
    store: Store, engine: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise EngineError("no answer on /var/run/docker.sock", remedy="Start Docker")

    deploy(store)
    monkeypatch.setattr(engine, "call", away)
    found = ask(engine, store)
    assert found.problems == ("Docker Engine: no answer on /var/run/docker.sock. Start Docker",)
    assert found.serving is not None


def test_a_state_of_another_format_is_an_error(store: Store, engine: Containers) -> None:
    store.prepare()
    (store.folder / "state.json").write_text('{"format": 3}')
    with pytest.raises(SlipwayError, match="it has format 3 instead of 5"):
        ask(engine, store)


def test_an_ended_lease_is_nobodys_lock(store: Store, engine: Containers) -> None:
    deploy(store)
    lock.keep(store, Lock().claim("staging", "rollout", lease=-1, now=lock.moment()))
    assert ask(engine, store).lock is None


@pytest.mark.parametrize(
    ("environment", "state", "refused"),
    [("staging", "running", True), ("staging", "exited", False), ("production", "running", False)],
)
def test_a_server_whose_state_is_lost_is_not_taken_for_an_empty_one(
    environment: str, state: str, refused: bool, store: Store
) -> None:
    labels = {
        "slipway.application": "shop",
        "slipway.environment": environment,
        "slipway.kind": "service",
    }
    engine = Containers()
    target = Target("shop", "staging", "one")
    engine.found["shop-web-1"] = described("shop-web-1", {"Labels": labels}, state)
    if refused:
        with pytest.raises(
            SlipwayError, match=r"state\.json: it is gone, but 1 containers of shop"
        ):
            lost.refuse(engine, store, target)
    else:
        lost.refuse(engine, store, target)
    store.prepare()
    store.keep(State())
    lost.refuse(engine, store, target)
