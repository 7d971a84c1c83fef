"""The proxy's container is made, replaced and reloaded only with what HAProxy itself accepts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.agent.engine.client import Engine
from slipway.agent.haproxy import container
from slipway.agent.haproxy.container import ProxyContainer, payload
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.errors import SlipwayError
from slipway.rollout.state import Proxy, State

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

    def create(self, name: str, payload: Any) -> None:
        self.done.append(f"create {name}")
        self.found[name] = {"State": {"Status": "restarting"}}

    def start(self, container: str) -> None:
        self.done.append(f"start {container}")

    def remove(self, container: str) -> None:
        self.done.append(f"remove {container}")
        self.found.pop(container, None)

    def post(self, path: str, body: Any = None, timeout: float = 1, **query: Any) -> Any:
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
    with pytest.raises(SlipwayError, match=r"refuses its configuration: .* unknown keyword 'x'"):
        proxy.ensure(RUNNING)
    assert engine.done == ["create shop-proxy", "start shop-proxy", "remove shop-proxy"]
    assert not proxy.file.exists()


def test_a_first_proxy_that_does_not_get_its_port_is_removed_in_the_end(
    proxy: ProxyContainer, engine: RefusingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = "[ALERT]    (8) : Starting frontend public: cannot bind socket (Address in use)"
    monkeypatch.setattr(engine, "logs", lambda *_: [taken])
    monkeypatch.setattr(container, "PATIENCE", 0.1)
    with pytest.raises(SlipwayError, match=r"did not follow: .*cannot bind socket"):
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
    assert proxy.faults(other) == ["proxy: its container was made for other settings"]
    assert "settings" not in str(proxy.faults(RUNNING))


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


@pytest.mark.parametrize(("port", "reads"), [(None, False), (443, True)])
def test_only_a_proxy_with_a_certificate_may_read_what_is_not_its_own(
    port: int | None, reads: bool, tmp_path: Path
) -> None:
    body = payload("shop", Proxy("haproxy:2.6", https_port=port), tmp_path, 1000)
    assert ("DAC_OVERRIDE" in body["HostConfig"]["CapAdd"]) is reads


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
