from __future__ import annotations

import ipaddress

import pytest

from lab import layout
from slipway.errors import SlipwayError


def test_the_default_lab_has_one_staging_and_three_production_servers() -> None:
    assert [(server.name, server.address) for server in layout.servers()] == [
        ("staging-1", "10.88.0.11"),
        ("production-1", "10.88.0.21"),
        ("production-2", "10.88.0.22"),
        ("production-3", "10.88.0.23"),
    ]


def test_every_machine_has_an_address_of_its_own_on_the_labs_network() -> None:
    addresses = [layout.REGISTRY_ADDRESS, *(server.address for server in layout.all_servers())]
    assert len(set(addresses)) == len(addresses)
    network = ipaddress.ip_network(layout.SUBNET)
    assert all(ipaddress.ip_address(address) in network for address in addresses)


def test_more_servers_than_the_lab_has_room_for_are_refused_by_option_and_limit() -> None:
    with pytest.raises(SlipwayError, match=r"--production: .* 16 servers.*0 to 15"):
        layout.servers(production=16)


def test_a_server_is_found_by_its_name() -> None:
    assert layout.find("production-2").address == "10.88.0.22"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SlipwayError, match=r"'prod-1'.*production-1"):
        layout.find("prod-1")
