"""What a check-up tells of a server, and what `agent health` makes of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from slipway.agent import byhand, checkup, containers
from slipway.agent.balancer import Balancer
from slipway.agent.checkup import Finding
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.release import Health, Smoke
from slipway.release.state import Proxy, Revision, State
from slipway.values import replace
from tests.unit.slipway.agent.engine import Containers
from tests.unit.slipway.agent.health.web import web
from tests.unit.slipway.release import sample

RELEASE = replace(sample.release("v1"), smoke=(Smoke("web", "/docs", retries=0),))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An application whose proxy is as the state says."""
    monkeypatch.setattr(Balancer, "faults", lambda self, state: [])
    store = Store(tmp_path / "shop")
    store.prepare()
    ready = {"health": {"kind": "container"}, "port": 6379}
    store.write("accessories.json", {"redis": {"basis": "b", "starts": 1, **ready}})
    return store


def serving(store: Store, port: int = 1) -> Containers:
    """The engine of a server on which the release serves, on a port of 127.0.0.1."""
    web_service, worker = RELEASE.services
    health = Health("http", path="/ready")
    services = (replace(web_service, port=port, health=health), worker)
    addresses = {"web-1": "127.0.0.1", "worker-1": "127.0.0.1"}
    revision = Revision(replace(RELEASE, services=services), "a", addresses)
    store.keep(State(serving=revision, proxy=Proxy(http_port=port)))
    own = containers.of("shop", revision)
    return Containers(
        *(c.name for c in own), "shop-redis", environment=("TOKEN=hunter2-is-secret",)
    )


def found(engine: Containers, store: Store, service: str = "", minutes: float = 5) -> list[Finding]:
    return checkup.checkup("shop", engine, store, Report(Redactor(())), service, minutes)


def test_all_is_well(store: Store) -> None:
    with web({"/ready": (200, ""), "/docs": (200, "")}) as port:
        told = found(serving(store, port), store)
    assert [(each.part, each.check) for each in told] == [
        *(("web-1", "container"), ("web-1", "ready"), ("web-1", "log")),
        *(("worker-1", "container"), ("worker-1", "ready"), ("worker-1", "log")),
        *(("redis", "container"), ("redis", "ready"), ("redis", "log")),
        *(("proxy", "proxy"), ("web", "smoke")),
    ]
    assert all(each.ok for each in told), told


def test_each_thing_that_is_wrong_is_told_and_masked(store: Store) -> None:
    with web({"/ready": (503, "")}) as port:
        engine = serving(store, port)
        web_1, worker_1, redis = engine.found
        engine.say(web_1, "ERROR of long ago", time.time() - 900)
        engine.say(web_1, "ERROR with hunter2-is-secret", time.time() - 10)
        engine.found[redis]["State"].update(Status="exited", ExitCode=137, OOMKilled=True)
        del engine.found[worker_1]
        told = found(engine, store)
    assert {f"{each.part} {each.check}: {each.detail}" for each in told if not each.ok} == {
        "web-1 ready: GET /ready answered 503 instead of 200",
        "web-1 log: an error in 5 min, the last: ERROR with ***",
        "worker-1 container: missing",
        "redis container: exited (137, out of memory)",
        "web smoke: GET /docs of web answered 404 instead of 200",
    }


def test_one_service_is_looked_at_alone(store: Store) -> None:
    engine = serving(store)
    assert {each.part for each in found(engine, store, "worker", 0)} == {"worker-1"}
    assert {each.part for each in found(engine, store, "redis", 0)} == {"redis"}
    with pytest.raises(SlipwayError, match="there is no service 'db' here") as caught:
        found(engine, store, "db")
    assert "Known: redis, web, worker" in str(caught.value)


def test_where_nothing_serves_nothing_is_healthy(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="nothing serves here yet"):
        found(Containers(), Store(tmp_path / "shop"))


def test_the_application_is_found_where_it_is_the_only_one(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="no application is here"):
        byhand.installed(tmp_path)
    for name in ("shop", "blog"):
        (tmp_path / name).mkdir()
    (tmp_path / "shop" / "state.json").write_text("{}")
    assert byhand.installed(tmp_path) == "shop"
    (tmp_path / "blog" / "state.json").write_text("{}")
    with pytest.raises(SlipwayError, match="several applications are here: blog, shop"):
        byhand.installed(tmp_path)


@pytest.mark.parametrize("ok", [True, False])
def test_the_exit_status_is_the_verdict(
    ok: bool, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serving(store)
    finding = Finding("web-1", "ready", ok, "http")
    monkeypatch.setattr(byhand, "checkup", lambda *arguments: [finding])
    assert byhand.health([], store.folder.parent) == (0 if ok else 1)
    told = json.loads(capsys.readouterr().out)
    assert (told["application"], told["ok"]) == ("shop", ok)
    assert told["checks"] == [{"part": "web-1", "check": "ready", "ok": ok, "detail": "http"}]
