"""What a check-up tells of a server, and what `agent health` makes of it."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.agent.engine import containers
from slipway.agent.haproxy.container import ProxyContainer
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state import accessories
from slipway.agent.state.store import Store
from slipway.agent.steps import diagnostics
from slipway.errors import SlipwayError
from slipway.protocol.answers import DiagnoseAnswer, Finding
from slipway.protocol.installation import Installation
from slipway.protocol.requests import DiagnoseRequest, Target
from slipway.rollout.release import Health, Smoke
from slipway.rollout.state import Proxy, Revision, State
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.agent.health.web import web
from tests.unit.slipway.rollout import sample

TARGET = Target("shop", "staging", "one")
RELEASE = replace(sample.release("v1"), smoke=(Smoke("web", "/docs", retries=0),))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An application whose proxy is as the state says."""
    monkeypatch.setattr(ProxyContainer, "faults", lambda self, state: [])
    store = Store(tmp_path / ".slipway" / "shop" / "staging")
    store.prepare()
    accessories.begin(store, "redis", Health(), 6379, ())
    accessories.done(store, "redis", "b", "")
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
    request = DiagnoseRequest(TARGET, service, minutes)
    report = Report(Redactor(()), stream=io.StringIO())
    return list(diagnostics.run(request, engine, store, report).findings)


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
    with pytest.raises(SlipwayError, match="no release serves here yet"):
        found(Containers(), Store(tmp_path / "shop"))


def test_what_is_installed_is_found_where_it_is_the_only_one(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="no application is installed"):
        diagnostics.installed(tmp_path)
    for name in ("shop/staging", "shop/production", "blog/staging"):
        folder = tmp_path / ".slipway" / name
        folder.mkdir(parents=True)
        (folder / "state.json").write_text("{}")
    assert diagnostics.installed(tmp_path, "blog") == Installation("blog", "staging")
    assert diagnostics.installed(tmp_path, "shop", "staging") == Installation("shop", "staging")
    with pytest.raises(SlipwayError) as caught:
        diagnostics.installed(tmp_path, environment="staging")
    assert str(caught.value) == (
        f"{tmp_path}/.slipway: several are installed: blog/staging, shop/staging. "
        "Choose one: --application NAME --environment NAME"
    )


@pytest.mark.parametrize("ok", [True, False])
def test_the_exit_status_is_the_verdict(
    ok: bool, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serving(store)
    finding = Finding("web-1", "ready", ok, "http")
    asked: list[DiagnoseRequest] = []

    def run(request: DiagnoseRequest, *_: object) -> DiagnoseAnswer:
        asked.append(request)
        return DiagnoseAnswer((finding,))

    monkeypatch.setattr(diagnostics, "run", run)
    monkeypatch.setattr(Path, "home", lambda: store.folder.parents[2])
    assert diagnostics.command(["--service", "web", "--minutes", "2"]) == (0 if ok else 1)
    (request,) = asked
    assert (request.target.application, request.target.environment) == ("shop", "staging")
    assert (request.service, request.minutes) == ("web", 2)
    assert json.loads(capsys.readouterr().out) == {
        "ok": ok,
        "findings": [{"part": "web-1", "check": "ready", "ok": ok, "detail": "http"}],
    }


def test_a_health_that_is_unknown_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert diagnostics.command([]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "no application is installed. Deploy one" in told.err


def test_a_finding_is_one_line_for_people() -> None:
    assert diagnostics.line(Finding("web-1", "ready", True, "http")) == (
        "ok    web-1                 ready      http"
    )
    assert diagnostics.line(Finding("redis", "container", False, "missing")) == (
        "FAIL  redis                 container  missing"
    )
