from __future__ import annotations

from typing import Any

import pulumi
import pulumi_github as github
import pytest

from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator
from fakes.github.state import Environment


def secrets(value: str) -> Declare:
    """The same secret in all three places that have secrets."""

    def declare(options: pulumi.ResourceOptions) -> None:
        hidden = pulumi.Output.secret(value)
        names: Any = {"repository": "shop", "secret_name": "SSH_KEY", "value": hidden}
        github.ActionsSecret("repository", **names, opts=options)
        github.ActionsEnvironmentSecret(
            "environment", environment="production", **names, opts=options
        )
        github.DependabotSecret("dependabot", **names, opts=options)

    return declare


@pytest.fixture(autouse=True)
def production(simulator: Simulator) -> Environment:
    environment = Environment(name="production")
    simulator.repository.environments["production"] = environment
    return environment


def values(simulator: Simulator) -> list[str]:
    repository = simulator.repository
    vaults = [repository.vault, repository.environments["production"].vault, repository.dependabot]
    return [vault.secrets["SSH_KEY"].value for vault in vaults]


def test_secrets_arrive_sealed_for_their_vault_and_stay_out_of_the_state(
    program: Program, simulator: Simulator
) -> None:
    program.up(secrets("open sesame"))
    assert values(simulator) == ["open sesame"] * 3
    assert "ciphertext" in program.state.read_text()
    assert "open sesame" not in program.state.read_text()


def test_a_secret_is_written_when_it_is_rotated_and_not_otherwise(
    program: Program, simulator: Simulator
) -> None:
    program.up(secrets("open sesame"))
    assert program.up() == {}
    assert simulator.writes == []
    assert program.up(secrets("rotated")) == {"update": 3}
    assert values(simulator) == ["rotated"] * 3
    assert len(simulator.writes) == 3


def test_a_secret_that_others_changed_shows_in_its_times_only(
    program: Program, simulator: Simulator
) -> None:
    """The provider doesn't heal it: whoever wants that has to compare the two times."""
    program.up(secrets("open sesame"))
    simulator.repository.vault.put_secret("SSH_KEY", "theirs")
    program.refresh()
    times = program.outputs("actionsSecret")
    assert times["remoteUpdatedAt"] > times["updatedAt"]
    assert program.up() == {}


def test_a_secret_that_others_deleted_is_created_again(
    program: Program, simulator: Simulator
) -> None:
    program.up(secrets("open sesame"))
    simulator.repository.vault.secrets.clear()
    assert program.refresh() == {"delete": 1}
    assert program.up() == {"create": 1}
    assert values(simulator) == ["open sesame"] * 3
