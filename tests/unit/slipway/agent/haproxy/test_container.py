"""The proxy's container is made, replaced and reloaded only with what HAProxy itself accepts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.agent.engine.client import Engine
from slipway.agent.haproxy import container
from slipway.agent.haproxy.config import Configuration, Slot
from slipway.agent.haproxy.container import ProxyContainer, payload
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase, Proxy, State, install
from slipway.rollout.two_phase_commit import Vote
from tests.unit.slipway.rollout.sample import release

ALERT = "[ALERT]    (1) : config : parsing [/etc/slipway/.draft.cfg:9] : unknown keyword 'x'"
SAID = [
    "[NOTICE]   (1) : haproxy version is 2.6.12",
    ALERT,
    "[ALERT]    (1) : config : Error(s) found",
]
RUNNING = State(proxy=Proxy("haproxy:2.6"))


class RefusingEngine(Engine):
    """HAProxy accepts nothing here; `done` has what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}
        self.done: list[str] = []

    def inspect(self, container: str) -> dict[str, Any] | None:
        return self.found.get(container)

    def call(self, method: str, path: str, **_: Any) -> Any:
        raise AssertionError(f"nobody asks for {method} {path} here")

    def create(self, name: str, payload: Any) -> None:
        self.done.append(f"create {name}")
        self.found[name] = {"State": {"Status": "restarting"}}

    def start(self, container: str) -> None:
        self.done.append(f"start {container}")

    def remove(self, container: str) -> None:
        self.done.append(f"remove {container}")
        self.found.pop(container, None)

    def post(self, path: str, body: Any = None, timeout: float = 1, **query: Any) -> Any:
        assert path.endswith("/wait"), path
        self.done.append(path)
        return {"StatusCode": 1}

    def logs(self, container: str, lines: int, since: float | None = None) -> list[str]:
        return SAID


@pytest.fixture
def engine() -> RefusingEngine:
    return RefusingEngine()


@pytest.fixture
def proxy(engine: RefusingEngine, tmp_path: Path) -> ProxyContainer:
    return ProxyContainer(engine, "shop", tmp_path / "proxy", Report(Redactor(())))


def running(folder: Path) -> dict[str, Any]:
    """The container as it was made for `RUNNING`."""
    labels = payload("shop", RUNNING.proxy, folder, os.getgid())["Labels"]
    return {"Config": {"Labels": labels}, "State": {"Status": "running"}}


def test_a_first_proxy_that_refuses_is_removed_without_waiting(
    proxy: ProxyContainer, engine: RefusingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", pytest.fail)
    with pytest.raises(SlipwayError, match=r"rejects its configuration: .* unknown keyword 'x'"):
        proxy.ensure(RUNNING)
    assert engine.done == ["create shop-proxy", "start shop-proxy", "remove shop-proxy"]
    assert not proxy.file.exists()


def test_a_first_proxy_that_does_not_get_its_port_is_removed_in_the_end(
    proxy: ProxyContainer, engine: RefusingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = "[ALERT]    (8) : Starting frontend public: cannot bind socket (Address in use)"
    monkeypatch.setattr(engine, "logs", lambda *_: [taken])
    monkeypatch.setattr(container, "TIMEOUT", 0.1)
    with pytest.raises(
        SlipwayError, match=r"did not apply its configuration: .*cannot bind socket"
    ):
        proxy.ensure(RUNNING)
    assert engine.done[-1] == "remove shop-proxy"


def test_a_proxy_is_not_replaced_by_what_is_refused(
    proxy: ProxyContainer, engine: RefusingEngine
) -> None:
    engine.found["shop-proxy"] = running(proxy.folder)
    with pytest.raises(SlipwayError, match="unknown keyword 'x'"):
        proxy.ensure(replace(RUNNING, proxy=Proxy("haproxy:2.8")))
    assert_only_tried(engine)


def test_a_container_of_other_settings_is_told(
    proxy: ProxyContainer, engine: RefusingEngine
) -> None:
    engine.found["shop-proxy"] = running(proxy.folder)
    other = replace(RUNNING, proxy=Proxy("haproxy:2.8"))
    assert proxy.faults(other) == ["proxy: its container has other settings"]
    proxy.publish({})
    proxy.file.write_text(proxy.wanted(RUNNING).text)
    silent = f"{proxy.runtime.path}: the proxy does not answer: [Errno 2] No such file or directory"
    assert proxy.faults(RUNNING) == [f"proxy: {silent}. See its container's log"]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "proxy: missing"),
        ({"State": {"Status": "exited", "ExitCode": 137}}, "proxy: exited (137)"),
    ],
)
def test_a_proxy_that_does_not_run_is_told(
    found: dict[str, Any] | None, told: str, proxy: ProxyContainer, engine: RefusingEngine
) -> None:
    if found:
        engine.found["shop-proxy"] = found
    assert proxy.faults(RUNNING) == [told]


class Worker:
    """HAProxy's Runtime API: what the running worker has read, and what it is told."""

    def __init__(self, path: Path, configuration: Configuration) -> None:
        self.path, self.read = path, configuration.shape
        self.told: list[str] = []
        self.has = {
            name: slot for slot in configuration.slots for name in (slot.traffic, slot.check)
        }
        self.dead: set[str] = set()

    def shape(self) -> str:
        return self.read

    def slots(self) -> tuple[dict[str, Slot], dict[str, bool]]:
        return dict(self.has), {name: not slot.empty for name, slot in self.has.items()}

    def down(self) -> set[str]:
        return self.dead

    def execute(self, commands: list[str]) -> None:
        self.told += commands


OLD = install(State(), release("v1"), RUNNING.proxy, context=RolloutContext())
NEW = install(State(serving=OLD), release("v2"), RUNNING.proxy, context=RolloutContext())
SERVING = replace(RUNNING, serving=OLD)
STARTED = replace(SERVING, phase=Phase.STARTED, candidate=NEW)


@pytest.fixture
def worker(proxy: ProxyContainer, engine: RefusingEngine) -> Worker:
    """A proxy that serves the old release, as its file says."""
    engine.found["shop-proxy"] = running(proxy.folder)
    proxy.publish({})
    proxy.file.write_text(proxy.wanted(STARTED).text)
    worker: Any = Worker(proxy.runtime.path, proxy.wanted(STARTED))
    proxy.runtime = worker
    found: Worker = worker
    return found


def test_a_proxy_that_does_as_the_state_says_has_no_fault(
    proxy: ProxyContainer, worker: Worker
) -> None:
    assert proxy.faults(STARTED) == []
    assert worker.told == []


def test_what_was_changed_by_hand_is_told(proxy: ProxyContainer, worker: Worker) -> None:
    web = worker.has["web/a1"]
    worker.has["web/a1"] = replace(web, weight=7)
    assert proxy.faults(STARTED) == ["proxy: its traffic was changed by hand"]
    worker.has["web/a1"], worker.read = web, "another"
    assert proxy.faults(STARTED) == ["proxy: it runs another configuration than its file"]
    proxy.file.write_text(proxy.file.read_text() + "# by hand\n")
    assert proxy.faults(STARTED) == ["proxy: its configuration was changed by hand"]


def test_traffic_moves_by_exactly_these_commands_and_without_a_reload(
    proxy: ProxyContainer, worker: Worker, engine: RefusingEngine
) -> None:
    switched = replace(STARTED, phase=Phase.SWITCHED, weight=100)
    worker.dead = {"web:b/1"}
    assert proxy.apply(RUNNING.proxy, proxy.wanted(switched)) >= 0
    assert worker.told == [
        "set server web/b1 weight 256",
        "set server web/a1 weight 0",
        "set server web:b/1 health up",
    ]
    assert engine.done == []


def test_once_it_is_committed_the_file_says_so_before_the_worker_is_told(
    proxy: ProxyContainer, worker: Worker
) -> None:
    prepared = replace(STARTED, phase=Phase.PREPARED, weight=100)
    before = proxy.file.read_text()
    assert "    server b1 172.31.240.12:8000 weight 0 track web:b/1\n" in before
    proxy.apply(RUNNING.proxy, proxy.wanted(prepared))
    after = proxy.file.read_text()
    assert "    server a1 172.31.240.10:8000 weight 0 track web:a/1\n" in after
    assert "    server b1 172.31.240.12:8000 weight 256 track web:b/1\n" in after


def test_votes_are_told_to_the_worker_and_kept_for_the_next_one(
    proxy: ProxyContainer, worker: Worker
) -> None:
    proxy.publish({"f00d-ab": Vote.PREPARED})
    proxy.publish({"f00d-ab": Vote.PREPARED})
    assert worker.told == [
        "clear map /etc/slipway/votes.map",
        "add map /etc/slipway/votes.map f00d-ab prepared",
    ]
    assert proxy.votes.read_text() == "f00d-ab prepared\n"
    assert proxy.votes.stat().st_mode & 0o777 == 0o644


def test_what_is_refused_is_not_loaded(proxy: ProxyContainer, engine: RefusingEngine) -> None:
    proxy.publish({})
    proxy.file.write_text("as before")
    with pytest.raises(SlipwayError, match="unknown keyword 'x'"):
        proxy.apply(RUNNING.proxy, proxy.wanted(RUNNING))
    assert_only_tried(engine)
    assert proxy.file.read_text() == "as before"


def assert_only_tried(engine: RefusingEngine) -> None:
    """Nothing but the container that reads the draft came and went."""
    assert engine.done == [
        "remove shop-proxy-trial",
        "create shop-proxy-trial",
        "start shop-proxy-trial",
        "/containers/shop-proxy-trial/wait",
        "remove shop-proxy-trial",
    ]


def test_the_trial_has_no_network_and_the_proxys_own_image_and_rights(tmp_path: Path) -> None:
    real = payload("shop", RUNNING.proxy, tmp_path, 1000)
    tried = container.trial("shop", RUNNING.proxy, tmp_path, 1000)
    same = ("Image", "User", "Entrypoint")
    assert {name: tried[name] for name in same} == {name: real[name] for name in same}
    assert tried["HostConfig"]["NetworkMode"] == "none"
    assert tried["HostConfig"]["Binds"] == real["HostConfig"]["Binds"]
    assert tried["Cmd"] == ["-c", "-f", "/etc/slipway/.draft.cfg"]


RIGHTS = ["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"]


@pytest.mark.parametrize(("port", "rights"), [(None, RIGHTS), (443, [*RIGHTS, "DAC_OVERRIDE"])])
def test_only_a_proxy_with_a_certificate_may_read_what_is_not_its_own(
    port: int | None, rights: list[str], tmp_path: Path
) -> None:
    body = payload("shop", Proxy("haproxy:2.6", https_port=port), tmp_path, 1000)
    assert len(body["Labels"].pop("slipway.definition")) == 12
    assert body == {
        "Image": "haproxy:2.6",
        "Entrypoint": ["haproxy"],
        "Cmd": [
            *("-W", "-db", "-S", "/var/run/slipway/master.sock,mode,660"),
            *("-x", "/var/run/slipway/haproxy.sock", "-f", "/etc/slipway/haproxy.cfg"),
        ],
        "User": "0:1000",
        "Env": [],
        "Labels": {"slipway.application": "shop", "slipway.kind": "proxy"},
        "HostConfig": {
            "NetworkMode": "host",
            "RestartPolicy": {"Name": "always"},
            "Binds": [f"{tmp_path}/config:/etc/slipway:ro", f"{tmp_path}/run:/var/run/slipway"],
            "CapDrop": ["ALL"],
            "CapAdd": rights,
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges:true"],
            "LogConfig": {"Type": "local", "Config": {"max-size": "10m", "max-file": "3"}},
        },
    }


def test_certificates_are_kept_for_their_owner_and_while_they_are_needed(
    proxy: ProxyContainer,
) -> None:
    for text in ("old", "new", "older"):
        proxy.keep_certificate(text)
    found = {path.read_text(): path for path in proxy.file.parent.glob("certificate-*.pem")}
    assert {path.stat().st_mode & 0o777 for path in found.values()} == {0o600}
    old, new = (Proxy(certificate=found[text].stem.partition("-")[2]) for text in ("old", "new"))
    proxy.forget_certificates(State(proxy=new, proxy_before=old))
    assert sorted(path.name for path in proxy.file.parent.glob("certificate-*")) == sorted(
        [found["old"].name, found["new"].name]
    )
    proxy.forget_certificates(State(proxy=new))
    assert [path.read_text() for path in proxy.file.parent.glob("certificate-*")] == ["new"]
