"""An accessory is made as defined, keeps its data, and is planned again where it failed."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slipway.agent.engine import replacement, volumes
from slipway.agent.engine.client import EngineError
from slipway.agent.engine.containers import Place
from slipway.agent.health import ContainerError, Subject
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.state import accessories, lock
from slipway.agent.state.lock import Lock
from slipway.agent.state.store import Store
from slipway.agent.steps import accessory, status
from slipway.agent.steps.accessory import payload
from slipway.deployment.contexts import accessory_context
from slipway.errors import SlipwayError
from slipway.observe.status import Status
from slipway.protocol.answers import AccessoryAnswer
from slipway.protocol.requests import (
    AccessoryDefinition,
    AccessoryRequest,
    RegistryLogin,
    StatusRequest,
    Target,
)
from slipway.rollout.release import Health, Limits
from tests.unit.slipway.agent.fake_engine import Containers

DEFINITION = AccessoryDefinition(
    name="postgres",
    image="postgres:15",
    command=(),
    port=5432,
    publish_address="10.0.0.5",
    environment={"POSTGRES_USER": "shop"},
    secrets=("POSTGRES_PASSWORD",),
    volumes={"data": "/var/lib/postgresql/data"},
    health=Health("command", command=("pg_isready",), deadline=30.0),
    limits=Limits(),
    stop_grace=30.0,
)
TARGET = Target("shop", "production", "production-1")
PLACE = Place(TARGET, {}, {"POSTGRES_PASSWORD": "s3cret"})
REQUEST = AccessoryRequest(
    target=TARGET,
    context="not started in life-1",
    accessory=replace(DEFINITION, health=Health()),
    secrets=PLACE.secrets,
    registry=RegistryLogin("r:5000", None, None),
    network="172.31.240.0/24",
)


def made(place: Place = PLACE, **changes: Any) -> dict[str, Any]:
    return payload(replace(DEFINITION, **changes), place)


def test_an_accessory_keeps_its_data_in_a_named_volume() -> None:
    assert made()["HostConfig"]["Binds"] == ["shop-postgres-data:/var/lib/postgresql/data"]


def test_services_on_this_server_find_it_by_its_name() -> None:
    assert made()["NetworkingConfig"]["EndpointsConfig"] == {"shop": {"Aliases": ["postgres"]}}


def test_services_on_other_servers_find_it_on_the_published_address_only() -> None:
    bindings = {"5432/tcp": [{"HostIp": "10.0.0.5", "HostPort": "5432"}]}
    assert made()["HostConfig"]["PortBindings"] == bindings
    assert "PortBindings" not in made(publish_address=None)["HostConfig"]


def test_a_changed_password_is_a_changed_definition_that_tells_nothing() -> None:
    other = Place(TARGET, {}, {"POSTGRES_PASSWORD": "new"})
    marks = [body["Labels"]["slipway.definition"] for body in (made(), made(), made(other))]
    assert marks[0] == marks[1] != marks[2]
    assert marks[0][:12] == marks[2][:12]


def test_it_is_made_of_its_definition_and_nothing_else() -> None:
    body = made(command=("-c", "fsync=on"), limits=Limits(memory=1024), stop_grace=2.5)
    mark = body["Labels"].pop("slipway.definition")
    assert len(mark) == 12 + 1 + 12
    assert body == {
        "Image": "postgres:15",
        "Cmd": ["-c", "fsync=on"],
        "Env": ["POSTGRES_PASSWORD=s3cret", "POSTGRES_USER=shop"],
        "Labels": {
            "slipway.application": "shop",
            "slipway.environment": "production",
            "slipway.kind": "accessory",
            "slipway.service": "postgres",
            "slipway.secrets": "POSTGRES_PASSWORD",
        },
        "StopTimeout": 3,
        "ExposedPorts": {"5432/tcp": {}},
        "HostConfig": {
            "NetworkMode": "shop",
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {"Type": "local", "Config": {"max-size": "10m", "max-file": "3"}},
            "Binds": ["shop-postgres-data:/var/lib/postgresql/data"],
            "PortBindings": {"5432/tcp": [{"HostIp": "10.0.0.5", "HostPort": "5432"}]},
            "Memory": 1024,
            "MemorySwap": 1024,
        },
        "NetworkingConfig": {"EndpointsConfig": {"shop": {"Aliases": ["postgres"]}}},
    }


@pytest.fixture
def engine() -> Containers:
    """A server that can pull its image."""
    engine = Containers()
    engine.registry["postgres:15"] = []
    return engine


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".slipway" / "shop" / "production")


def step(store: Store, engine: Containers, request: AccessoryRequest = REQUEST) -> AccessoryAnswer:
    return accessory.run(request, engine, store, Report(Redactor(()), stream=io.StringIO()))


def test_the_first_one_is_pulled_started_and_waited_for(store: Store, engine: Containers) -> None:
    answer = step(store, engine)
    data = volumes.data(engine, ["shop-postgres-data"])
    assert answer == AccessoryAnswer("postgres", "shop-postgres", changed=True, data=data)
    assert engine.done[1:] == [
        *("volume shop-postgres-data", "pull postgres:15"),
        *("create shop-postgres.new", "rename shop-postgres.new shop-postgres"),
        "start shop-postgres",
    ]
    assert engine.networks == {"shop": "172.31.240.0/24"}


def test_one_that_runs_as_defined_is_left_alone(store: Store, engine: Containers) -> None:
    step(store, engine)
    engine.done.clear()
    assert not step(store, engine).changed
    assert engine.done == []


def test_one_that_was_stopped_is_started(store: Store, engine: Containers) -> None:
    step(store, engine)
    engine.found["shop-postgres"]["State"]["Status"] = "exited"
    engine.done.clear()
    assert step(store, engine).changed
    assert engine.done == ["start shop-postgres"]


def test_another_definition_takes_the_place_of_the_one_from_before(
    store: Store, engine: Containers
) -> None:
    step(store, engine)
    engine.done.clear()
    step(store, engine, replace(REQUEST, secrets={"POSTGRES_PASSWORD": "new"}))
    assert engine.done == [
        *("create shop-postgres.new", "stop shop-postgres 30"),
        *("rename shop-postgres shop-postgres.old", "rename shop-postgres.new shop-postgres"),
        *("start shop-postgres", "remove shop-postgres.old"),
    ]


def test_the_one_from_before_comes_back_where_the_new_one_does_not_get_well(
    store: Store, engine: Containers
) -> None:
    step(store, engine)
    engine.registry["postgres:16"] = []
    changed = replace(REQUEST.accessory, image="postgres:16", port=5433)

    class Failing(Containers):
        """Postgres 16 does not run on the folder of 15."""

        def start(self, container: str) -> None:
            if self.found[container]["Config"]["Image"] == "postgres:16":
                self.found[container]["State"].update(Status="exited", ExitCode=1)
            else:
                super().start(container)

    engine.__class__ = Failing
    with pytest.raises(SlipwayError, match=r"exited \(1\).*; the one from before runs again"):
        step(store, engine, replace(REQUEST, accessory=changed))
    assert engine.status("shop-postgres") == "running"
    assert engine.found["shop-postgres"]["Config"]["Image"] == "postgres:15"
    assert "shop-postgres.old" not in engine.found
    note = accessories.read(store)["postgres"]
    assert (note.port, note.starts, note.finished) == (5432, 2, False)


def test_what_was_left_on_trial_goes_where_the_one_from_before_is_wanted_again(
    store: Store, engine: Containers
) -> None:
    step(store, engine)
    wanted = engine.found["shop-postgres"]["Config"]
    body = payload(replace(REQUEST.accessory, port=5433), PLACE)
    report = Report(Redactor(()), stream=io.StringIO())
    replacement.replace(engine, "shop-postgres", body, 30, report)
    step(store, engine)
    assert engine.found["shop-postgres"]["Config"] == wanted
    assert engine.status("shop-postgres") == "running"
    assert "shop-postgres.old" not in engine.found


def test_the_image_from_before_goes_once_the_new_one_is_well(
    store: Store, engine: Containers
) -> None:
    step(store, engine)
    engine.registry["postgres:16"] = []
    step(store, engine, replace(REQUEST, accessory=replace(REQUEST.accessory, image="postgres:16")))
    assert engine.done[-1] == "delete postgres:15"
    assert set(engine.images) == {"postgres:16"}


def test_an_image_that_cannot_be_pulled_changes_nothing(store: Store, engine: Containers) -> None:
    step(store, engine)
    engine.done.clear()
    other = replace(REQUEST.accessory, image="postgres:16")
    with pytest.raises(SlipwayError, match="postgres:16 cannot be pulled"):
        step(store, engine, replace(REQUEST, accessory=other))
    assert engine.done == ["pull postgres:16"]
    assert engine.status("shop-postgres") == "running"


def test_a_person_who_has_the_server_keeps_it_away(store: Store, engine: Containers) -> None:
    store.prepare()
    lock.keep(store, Lock().claim("ann", "a new disk", lease=None, now=lock.moment()))
    with pytest.raises(SlipwayError, match=r"locked by ann .*\(a new disk\)"):
        step(store, engine)
    assert engine.done == []


def test_one_that_does_not_become_ready_is_told_with_its_log(
    store: Store, engine: Containers
) -> None:
    engine.exits["shop-postgres"] = 1
    with pytest.raises(ContainerError, match=r"postgres exited \(1\)"):
        step(store, engine)
    assert not accessories.read(store)["postgres"].finished


def planned(store: Store, engine: Containers) -> str:
    """What the next step is planned on."""
    request = StatusRequest(REQUEST.target)
    answer = status.run(request, engine, store, Report(Redactor(()), stream=io.StringIO()))
    return accessory_context(Status.of("one", "life-1", answer), "postgres")


def test_a_step_that_failed_is_planned_again_whatever_pulumi_remembers(
    store: Store, engine: Containers
) -> None:
    remembered = {"not started in life-1"}
    for _ in range(3):  # each step that succeeds is what Pulumi remembers
        engine.exits["shop-postgres"] = 1
        engine.found.pop("shop-postgres", None)
        with pytest.raises(SlipwayError, match=r"exited \(1\)"):
            step(store, engine, replace(REQUEST, context="changed"))
        context = planned(store, engine)
        assert context not in remembered
        engine.exits.clear()
        step(store, engine, replace(REQUEST, context=context))
        assert planned(store, engine) == context
        remembered.add(context)


def test_what_makes_the_engine_refuse_is_planned_again_too(
    store: Store, engine: Containers
) -> None:
    step(store, engine)
    engine.refused["create shop-postgres.new"] = EngineError("no such volume driver")
    other = replace(REQUEST.accessory, port=5433)
    with pytest.raises(SlipwayError, match="no such volume driver"):
        step(store, engine, replace(REQUEST, accessory=other))
    assert planned(store, engine) == "its last step did not finish, start 2 of life-1"


def test_data_keeps_its_id_with_its_volume_and_has_another_in_an_empty_one(
    store: Store, engine: Containers
) -> None:
    first = step(store, engine).data
    assert first
    context = planned(store, engine)
    assert step(store, engine, replace(REQUEST, secrets={"POSTGRES_PASSWORD": "new"})).data == first
    del engine.volumes["shop-postgres-data"]
    assert planned(store, engine) != context
    again = step(store, engine)
    assert again.data not in ("", first)


def test_a_volume_that_others_made_is_known_by_its_name_and_one_without_data_by_nothing(
    store: Store, engine: Containers
) -> None:
    engine.volumes["shop-postgres-data"] = {}
    assert step(store, engine).data == volumes.data(engine, ["shop-postgres-data"]) != ""
    without = replace(REQUEST, accessory=replace(REQUEST.accessory, volumes={}))
    assert step(store, engine, without).data == ""


def test_accessories_are_asked_for_their_health_where_they_are(
    store: Store, engine: Containers
) -> None:
    step(store, engine)
    engine.found["shop-postgres"]["NetworkSettings"] = {
        "Networks": {"shop": {"IPAddress": "172.31.240.130"}}
    }
    assert accessory.subjects(engine, "shop", store) == [
        Subject("shop-postgres", "postgres", Health(), "172.31.240.130", 5432)
    ]
