"""An application's network is made once, with the subnet that the settings say."""

from __future__ import annotations

import json

import pytest

from slipway.agent.engine.network import ensure_network
from slipway.errors import SlipwayError
from tests.unit.slipway.agent.fake_engine import Containers


def test_it_is_a_bridge_whose_upper_half_is_the_engines_to_give() -> None:
    engine = Containers()
    ensure_network(engine, "shop", "172.31.240.0/24")
    (made,) = engine.done
    assert json.loads(made.removeprefix("network ")) == {
        "Name": "shop",
        "Driver": "bridge",
        "CheckDuplicate": True,
        "IPAM": {"Config": [{"Subnet": "172.31.240.0/24", "IPRange": "172.31.240.128/25"}]},
        "Labels": {"slipway.application": "shop"},
    }


def test_one_that_is_there_stays() -> None:
    engine = Containers()
    for _ in range(2):
        ensure_network(engine, "shop", "172.31.240.0/24")
    assert len(engine.done) == 1


def test_one_with_another_subnet_is_refused() -> None:
    engine = Containers()
    engine.networks["shop"] = "10.0.0.0/24"
    with pytest.raises(SlipwayError) as caught:
        ensure_network(engine, "shop", "172.31.240.0/24")
    assert str(caught.value) == (
        "proxy/network: network shop has the subnet 10.0.0.0/24, not 172.31.240.0/24. Configure it,"
        " or remove all containers and `docker network rm shop`"
    )
    assert engine.done == []
