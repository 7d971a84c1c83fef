from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slipway.agent import accessory, accessory_notes, health
from slipway.agent.accessory import Accessory, payload
from slipway.agent.containers import Place
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.request import Request
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.release.basis import accessory_basis
from slipway.release.state import Proxy
from slipway.release.status import Accessory as Seen
from slipway.release.status import Status
from tests.unit.slipway.agent.engine import Containers

DEFINITION: dict[str, Any] = {
    "name": "postgres",
    "image": "postgres:15",
    "command": [],
    "port": 5432,
    "publish_address": "10.0.0.5",
    "environment": {"POSTGRES_USER": "shop"},
    "secrets": ["POSTGRES_PASSWORD"],
    "volumes": {"data": "/var/lib/postgresql/data"},
    "health": {"kind": "command", "command": ["pg_isready"], "deadline": 30.0},
    "limits": {"memory": None, "cpus": None},
    "stop_grace": 30.0,
}
PLACE = Place("shop", "production-1", {}, {"POSTGRES_PASSWORD": "s3cret"})


def made(place: Place = PLACE, **changes: Any) -> dict[str, Any]:
    return payload(Accessory.from_dict({**DEFINITION, **changes}), place)


def test_an_accessory_keeps_its_data_in_a_named_volume() -> None:
    assert made()["HostConfig"]["Binds"] == ["shop-postgres-data:/var/lib/postgresql/data"]


def test_services_on_this_server_find_it_by_its_name() -> None:
    assert made()["NetworkingConfig"]["EndpointsConfig"] == {"shop": {"Aliases": ["postgres"]}}


def test_services_on_other_servers_find_it_on_the_published_address_only() -> None:
    bindings = {"5432/tcp": [{"HostIp": "10.0.0.5", "HostPort": "5432"}]}
    assert made()["HostConfig"]["PortBindings"] == bindings
    assert "PortBindings" not in made(publish_address=None)["HostConfig"]


def test_a_changed_password_is_a_changed_definition_that_tells_nothing() -> None:
    other = Place("shop", "production-1", {}, {"POSTGRES_PASSWORD": "new"})
    marks = [body["Labels"]["slipway.definition"] for body in (made(), made(), made(other))]
    assert marks[0] == marks[1] != marks[2]
    assert marks[0][:12] == marks[2][:12]


def test_a_definition_with_an_unknown_part_is_refused() -> None:
    with pytest.raises(SlipwayError, match="accessory: cannot be understood"):
        Accessory.from_dict({**DEFINITION, "sidecar": True})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(accessory, "ensure_network", lambda *_: None)
    monkeypatch.setattr(accessory, "_ensure", lambda *_: True)
    return Store(tmp_path / "shop")


def step(store: Store, engine: Containers, basis: str) -> None:
    """The accessory's step, as planned on a basis."""
    extra = {"basis": basis, "accessory": DEFINITION | {"health": {"kind": "container"}}}
    request = Request("shop", "one", secrets=PLACE.secrets, proxy=Proxy(), extra=extra)
    accessory.run(request, engine, store, Report(Redactor(())))


def planned(store: Store, engine: Containers) -> str:
    """What the next step is planned on."""
    found = accessory_notes.observed(engine, "shop", store)
    seen = {name: Seen(**each) for name, each in found.items()}
    return accessory_basis(Status("one", life="life-1", accessories=seen), "postgres")


def failing(*_: Any) -> None:
    raise SlipwayError("not ready")


def test_a_step_that_failed_is_planned_again_whatever_pulumi_remembers(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, remembered = Containers("shop-postgres"), {"not started in life-1"}
    for _ in range(3):  # each step that succeeds is what Pulumi remembers
        with monkeypatch.context() as broken:
            broken.setattr(health, "wait_ready", failing)
            with pytest.raises(SlipwayError, match="not ready"):
                step(store, engine, "changed")
        basis = planned(store, engine)
        assert basis not in remembered
        with monkeypatch.context() as mended:
            mended.setattr(health, "wait_ready", lambda *_: None)
            step(store, engine, basis)
        assert planned(store, engine) == basis
        remembered.add(basis)


def test_what_makes_the_engine_refuse_is_planned_again_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Containers("shop-postgres")
    monkeypatch.setattr(accessory, "_ensure", failing)
    with pytest.raises(SlipwayError, match="not ready"):
        step(store, engine, "not started in life-1")
    assert planned(store, engine) == "its last start was not finished, start 1 of life-1"


def test_the_note_of_an_older_agent_is_one_of_a_finished_start(store: Store) -> None:
    store.prepare()
    store.write("accessories.json", {"postgres": {"basis": "b", "starts": 1}})
    assert planned(store, Containers("shop-postgres")) == "b"
