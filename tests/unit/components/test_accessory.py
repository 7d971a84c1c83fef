from __future__ import annotations

import pulumi

from components.accessory import Accessory
from slipway.remote import Host
from tests.unit.components import engine

HOST = Host("one", "10.0.0.1", "ssh-ed25519 KEY")


def test_an_accessory_is_one_command_whose_order_is_a_secret() -> None:
    recorded, server = engine.run(
        lambda: Accessory("redis", {"host": HOST, "order": '{"a": 1}', "limit": 90.0}).server
    )
    run = recorded["redis-run"]
    assert server == "one"
    assert run.parent == "redis"
    assert run.inputs["create"] == "timeout 90 sh -c 'python3 .slipway/agent.pyz accessory'"
    assert run.inputs["stdin"] == '{"a": 1}'
    assert "stdin" in run.secret
    assert run.inputs["logging"] == "stderr"
    assert run.inputs["addPreviousOutputInEnv"] is False


def test_nothing_is_run_when_an_accessory_changes_or_goes_but_its_order() -> None:
    recorded, _ = engine.run(
        lambda: Accessory("redis", {"host": HOST, "order": "{}", "limit": 90.0})
    )
    assert recorded["redis-run"].inputs.keys().isdisjoint({"update", "delete", "triggers"})


def test_its_server_is_in_the_state_only_once_it_ran_there() -> None:
    async def awaited(server: pulumi.Output[str]) -> list[str]:
        waited = [await each.urn.future() for each in await server.resources()]
        return [str(urn).rpartition("::")[2] for urn in waited]

    def program() -> pulumi.Output[list[str]]:
        accessory = Accessory("redis", {"host": HOST, "order": "{}", "limit": 90.0})
        return pulumi.Output.from_input(awaited(accessory.server))

    assert engine.run(program)[1] == ["redis-run"]
