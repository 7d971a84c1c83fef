"""Everything that would keep a rollout from succeeding is told at once, and nothing is changed."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slipway.agent import cron, logind
from slipway.agent.haproxy import certificate
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state import lock
from slipway.agent.state.lock import Lock
from slipway.agent.state.store import Store
from slipway.agent.steps import preflight
from slipway.agent.steps.preflight import listening_ports
from slipway.errors import SlipwayError
from slipway.protocol.answers import PreflightAnswer
from slipway.protocol.installation import Installation
from slipway.protocol.requests import PreflightRequest, RegistryLogin
from slipway.rollout.state import Proxy, State
from tests.unit.slipway.agent.fake_engine import Containers, described
from tests.unit.slipway.agent.steps.rollouts import NEW, ROLLOUT, TARGET
from tests.unit.slipway.rollout.sample import PROXY

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2
"""
REQUEST = PreflightRequest(
    TARGET,
    ROLLOUT,
    registry=RegistryLogin("registry", "ann", "s3cret"),
    proxy=PROXY,
    certificate="",
    disk_free=1024,
    images=("registry/shop@sha256:v2",),
    domains=(),
)


class Server:
    """All that a preflight looks at beside the engine."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = Store(folder / ".slipway" / "shop" / "staging")
        self.engine = Containers()
        self.engine.registry["registry/shop@sha256:v2"] = []
        self.cron_faults: list[str] = []
        self.logind_faults: list[str] = []
        self.ports = [22]
        self.free = 4096
        self.said = io.StringIO()
        monkeypatch.setattr(cron, "faults", self.faults_of_cron)
        monkeypatch.setattr(logind, "faults", lambda _: self.logind_faults)
        monkeypatch.setattr(preflight, "listening_ports", lambda _: self.ports)
        monkeypatch.setattr(os, "statvfs", self.statvfs)

    def faults_of_cron(self, installation: Installation) -> list[str]:
        assert installation == Installation("shop", "staging")
        return self.cron_faults

    def statvfs(self, path: Path) -> Any:
        if str(path) == "/nowhere":
            raise PermissionError(13, "Permission denied")
        return SimpleNamespace(f_bavail=self.free, f_frsize=1)

    def check(self, request: PreflightRequest = REQUEST) -> PreflightAnswer:
        report = Report(Redactor(()), stream=self.said)
        return preflight.run(request, self.engine, self.store, report)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(tmp_path, monkeypatch)


def faults(server: Server, request: PreflightRequest = REQUEST) -> list[str]:
    with pytest.raises(SlipwayError) as caught:
        server.check(request)
    return caught.value.what.split("; ")


def test_a_server_that_is_well_tells_its_versions_and_is_left_as_it_was(server: Server) -> None:
    answer = server.check()
    assert (answer.engine, answer.warnings) == ("24.0.7", ())
    assert answer.python.startswith("3.")
    assert server.engine.done == []
    assert not server.store.folder.exists()


def test_everything_that_is_wrong_is_told_at_once(server: Server) -> None:
    server.store.prepare()
    lock.keep(server.store, Lock().claim("ann", "a new disk", lease=None, now=lock.moment()))
    server.free, server.cron_faults, server.ports = 1023, ["no cron runs"], [22, 80]
    server.logind_faults = ["it ends with the session"]
    server.engine.registry.clear()
    found = faults(server)
    begins = [
        f"{server.store.folder}: 0 MiB free, 0 MiB needed. Free disk space",
        "locked by ann since ",
        "no cron runs",
        "it ends with the session",
        "port 80 is in use. Stop the program on it, or set another proxy/http_port",
        "image registry/shop@sha256:v2 cannot be pulled from this server: manifest unknown.",
    ]
    assert len(found) == len(begins)
    assert [
        each for each, begin in zip(found, begins, strict=True) if not each.startswith(begin)
    ] == []


def test_the_ports_that_its_own_proxy_has_are_not_taken(server: Server) -> None:
    server.store.prepare()
    server.store.keep(State(proxy=PROXY))
    server.ports = [80, 9081]
    assert len(faults(server)) == 2
    server.engine.found["shop-proxy"] = described("shop-proxy", {})
    server.check()


def test_a_network_that_another_one_overlaps_is_a_fault(server: Server) -> None:
    server.engine.networks |= {"bridge": "172.17.0.0/16", "shop": PROXY.network}
    assert server.check().warnings == ()
    server.engine.networks["blog"] = "172.31.0.0/16"
    (fault,) = faults(server)
    assert fault == (
        "network 172.31.240.0/24 overlaps 172.31.0.0/16 of Docker's network blog. Set another "
        "proxy/network"
    )


def test_an_image_that_is_here_is_not_asked_for(server: Server) -> None:
    server.engine.registry.clear()
    server.engine.images["registry/shop@sha256:v2"] = []
    server.check()
    assert server.engine.logins == []


def test_the_registry_is_asked_with_its_own_credentials(server: Server) -> None:
    server.check()
    own = {"username": "ann", "password": "s3cret", "serveraddress": "registry"}
    assert server.engine.logins == [own]


def test_a_state_that_cannot_be_read_is_a_fault(server: Server) -> None:
    server.store.prepare()
    (server.store.folder / "state.json").write_text('{"format": 3}')
    (fault,) = faults(server)
    assert "it has format 3 instead of 5" in fault


def test_a_certificate_that_does_not_fit_is_a_fault(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, list[str]]] = []

    def faults_of(pem: str, domains: list[str]) -> list[str]:
        seen.append((pem, domains))
        return ["it does not cover shop.example"]

    monkeypatch.setattr(certificate, "faults", faults_of)
    monkeypatch.setattr(certificate, "warnings", lambda *_: ["it ends in 9 days"])
    secure = replace(
        REQUEST,
        proxy=replace(PROXY, https_port=443),
        certificate="PEM",
        domains=("shop.example",),
    )
    assert faults(server, secure) == [
        "proxy/certificate: it does not cover shop.example. Set its secret to a valid certificate"
    ]
    assert seen == [("PEM", ["shop.example"])]
    monkeypatch.setattr(certificate, "faults", lambda *_: [])
    assert server.check(secure).warnings == ("it ends in 9 days",)
    server.check()  # without HTTPS nobody asks
    assert len(seen) == 1


def test_where_the_release_serves_already_faults_are_warnings(server: Server) -> None:
    server.store.prepare()
    server.store.keep(State(serving=NEW, proxy=PROXY))
    told = "no cron runs"
    server.cron_faults = [told]
    assert server.check().warnings == (told,)
    assert server.said.getvalue() == f"warning: {told}\n"
    other = replace(REQUEST, proxy=Proxy("registry/haproxy@sha256:beef"))
    assert faults(server, other) == [told]


def test_only_ports_that_somebody_listens_on_are_taken(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TABLE)
    assert listening_ports(tmp_path) == [80]
