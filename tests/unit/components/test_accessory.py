"""An accessory is one command on one server, run again only when its request changes."""

from __future__ import annotations

import json
from typing import Final

import pulumi
import pytest

from components.accessory import Accessory
from slipway.deployment.deployment import AccessoryDeployment
from slipway.protocol.answers import AccessoryAnswer
from slipway.protocol.installation import Installation
from slipway.protocol.messages import write_answer
from slipway.protocol.requests import (
    AccessoryDefinition,
    AccessoryRequest,
    RegistryLogin,
    Target,
)
from slipway.rollout.release import Health, Limits
from slipway.ssh import Host
from tests.unit.components import engine

REQUEST = AccessoryRequest(
    target=Target("shop", "staging", "one"),
    context="not started in life-1",
    accessory=AccessoryDefinition(
        name="redis", image="redis:7", command=(), port=6379, publish_address=None, environment={},
        secrets=("PASSWORD",), volumes={"data": "/data"}, health=Health(), limits=Limits(),
        stop_grace=30.0,
    ),
    secrets={"PASSWORD": "s3same"},
    registry=RegistryLogin("ghcr.io/acme", None, None),
    network="172.31.240.0/24",
)  # fmt: skip
DEPLOYMENT = AccessoryDeployment(
    Host("one", "10.0.0.1", "ssh-ed25519 KEY"), Installation("shop", "staging"), REQUEST, limit=90.0
)


RAN: Final = {
    "redis-run": {
        "stdout": write_answer(AccessoryAnswer("redis", "shop-redis", changed=True, data="da7a"))
    }
}


@pytest.fixture
def recorded() -> engine.Engine:
    def program() -> pulumi.Output[list[str]]:
        accessory = Accessory("redis", {"deployment": DEPLOYMENT})
        return pulumi.Output.all(accessory.server, accessory.data)

    found, outputs = engine.run(program, outputs=RAN)
    assert outputs == ["one", "da7a"]
    return found


def test_an_accessory_is_one_command_in_its_component(recorded: engine.Engine) -> None:
    assert recorded.registered.keys() == {"redis", "redis-run"}
    run = recorded["redis-run"]
    assert run.parent == "redis"
    assert run.inputs["connection"]["host"] == "10.0.0.1"
    assert run.inputs["create"] == (
        "timeout --kill-after=180 90 sh -c 'python3 .slipway/shop/staging/agent accessory'"
    )
    assert run.inputs["logging"] == "stderr"
    assert run.inputs["addPreviousOutputInEnv"] is False


def test_its_request_is_a_secret_on_standard_input(recorded: engine.Engine) -> None:
    run = recorded["redis-run"]
    assert "stdin" in run.secret
    message = json.loads(run.inputs["stdin"])
    assert message.keys() == {"protocol", "request"}
    assert message["request"]["target"] == {
        "application": "shop", "environment": "staging", "server": "one",
    }  # fmt: skip
    assert message["request"]["context"] == "not started in life-1"
    assert message["request"]["accessory"]["volumes"] == {"data": "/data"}
    assert message["request"]["secrets"] == {"PASSWORD": "s3same"}
    assert "s3same" not in run.inputs["create"]


def test_nothing_is_run_when_an_accessory_changes_or_goes_but_its_request(
    recorded: engine.Engine,
) -> None:
    assert recorded["redis-run"].inputs.keys().isdisjoint({"update", "delete", "triggers"})


def test_its_server_is_in_the_state_only_once_it_ran_there() -> None:
    async def awaited(server: pulumi.Output[str]) -> list[str]:
        waited = [await each.urn.future() for each in await server.resources()]
        return [str(urn).rpartition("::")[2] for urn in waited]

    def program() -> pulumi.Output[list[str]]:
        accessory = Accessory("redis", {"deployment": DEPLOYMENT})
        return pulumi.Output.from_input(awaited(accessory.server))

    assert engine.run(program, outputs=RAN)[1] == ["redis-run"]
