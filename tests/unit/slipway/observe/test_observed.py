"""Servers, registry, stacks and git are asked side by side, and nothing that fails is left out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from slipway.errors import SlipwayError
from slipway.observe import observed as module
from slipway.observe.observed import Observed, credentials, hosts, observe, open_registry
from slipway.observe.registry import Credentials, Published, Registry
from slipway.observe.source import Source
from slipway.observe.status import Status
from slipway.protocol.installation import Installation
from slipway.settings import Settings, load
from slipway.ssh import Host
from tests.unit.slipway.deployment.sample import DIGEST, FLEET, TOKEN
from tests.unit.slipway.settings import sample

STATUSES = {name: Status(name, life=f"life-{name}") for name in ("one", "two")}
STATE: Final[Mapping[str, Any]] = {"urn:pulumi:staging::p::t::one": {"outputs": {}}}
PUBLISHED = Published({"shop": DIGEST})


class Borders:
    """All that is asked; each answers only once `together` of them are being asked."""

    def __init__(self, together: int = 1) -> None:
        self.barrier = threading.Barrier(together, timeout=10)
        self.asked: dict[str, Any] = {}
        self.stacks: list[str] = []
        self.fault: SlipwayError | None = None

    def statuses(
        self, installation: Installation, places: Mapping[str, Host], clock_skew: float
    ) -> dict[str, Status]:
        self.asked["servers"] = (installation, list(places), clock_skew)
        self.barrier.wait()
        if self.fault:
            raise self.fault
        return STATUSES

    def published(self, images: Sequence[str], version: str, *, tags: bool) -> Published:
        self.asked["registry"] = (list(images), version, tags)
        self.barrier.wait()
        return PUBLISHED

    def source(self, folder: Path) -> Source:
        self.asked["source"] = folder
        self.barrier.wait()
        return Source("abc", "main")

    def read_state(self, stack: str) -> dict[str, Any]:
        assert threading.current_thread() is threading.main_thread()
        if not self.stacks:
            self.barrier.wait()
        self.stacks.append(stack)
        return dict(STATE) if stack == "staging" else {}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return sample.settings(sample.project(tmp_path), FLEET)


def seen(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    borders: Borders,
    environment: str = "staging",
) -> Observed:
    registry = open_registry(settings)
    monkeypatch.setattr(module, "statuses", borders.statuses)
    monkeypatch.setattr(module, "source", borders.source)
    monkeypatch.setattr(registry, "published", borders.published)
    return observe(settings, environment, registry, borders.read_state)


def test_what_is_seen_is_what_each_of_them_answers(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    borders = Borders()
    assert seen(monkeypatch, settings, borders) == Observed(
        servers=STATUSES,
        published=PUBLISHED,
        state=STATE,
        promoted_state=None,
        sources={"shop": Source("abc", "main")},
    )
    assert borders.asked == {
        "servers": (Installation("shop", "staging"), ["one", "two"], 5.0),
        "registry": (["shop"], "v1.0.0", False),
        "source": Path("examples/shop"),
    }
    assert borders.stacks == ["staging"]


def test_all_are_asked_side_by_side(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    seen(monkeypatch, settings, Borders(together=4))  # or the barrier would break


def test_a_stack_that_promotes_reads_the_other_state_and_the_versions_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    values = sample.changed("promote_from: staging")
    promoting = load("production", values, sample.project(tmp_path))
    borders = Borders()
    found = seen(monkeypatch, promoting, borders, "production")
    assert borders.stacks == ["production", "staging"]
    assert (found.state, found.promoted_state) == ({}, STATE)
    assert borders.asked["registry"] == (["shop"], "v1.0.0", True)


def test_servers_that_cannot_be_used_are_an_error(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    borders = Borders()
    borders.fault = SlipwayError("it cannot be reached", where="servers/one")
    with pytest.raises(SlipwayError, match="servers/one: it cannot be reached"):
        seen(monkeypatch, settings, borders)


def test_a_state_that_cannot_be_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    borders = Borders()

    def refuse(stack: str) -> dict[str, Any]:
        raise SlipwayError("its state cannot be read", where=f"stack {stack}")

    monkeypatch.setattr(borders, "read_state", refuse)
    with pytest.raises(SlipwayError, match="stack staging: its state cannot be read"):
        seen(monkeypatch, settings, borders)


def test_servers_are_reached_as_the_settings_say(settings: Settings, tmp_path: Path) -> None:
    text = "servers: {one: {user: ops, port: 2222}}"
    changed = sample.settings(tmp_path, text)
    assert hosts(changed) == {"one": Host("one", "10.88.0.11", sample.KEY, "ops", 2222)}
    assert list(hosts(settings)) == ["one", "two"]


def test_the_registry_is_opened_with_the_login_of_the_settings(
    settings: Settings, tmp_path: Path
) -> None:
    assert credentials(settings) == Credentials("bot", TOKEN)
    assert credentials(sample.settings(tmp_path)) is None
    registry = open_registry(settings)
    assert isinstance(registry, Registry)
    assert registry.repository("shop") == "ghcr.io/acme/shop"
