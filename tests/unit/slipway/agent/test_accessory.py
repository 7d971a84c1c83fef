from __future__ import annotations

from typing import Any

import pytest

from slipway.agent.accessory import Accessory, payload
from slipway.agent.containers import Place
from slipway.errors import SlipwayError

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
