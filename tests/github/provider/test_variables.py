from __future__ import annotations

import pulumi
import pulumi_github as github
import pytest
from pulumi import automation

from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator


def variable(value: str, imported: str | None = None) -> Declare:
    """One variable, made anew or taken over."""

    def declare(options: pulumi.ResourceOptions) -> None:
        github.ActionsVariable(
            "host",
            repository="shop",
            variable_name="HOST",
            value=value,
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(import_=imported)),
        )

    return declare


def test_a_variable_that_was_declared_anew_or_changed_by_others_is_one_write(
    program: Program, simulator: Simulator
) -> None:
    program.up(variable("a.example"))
    assert program.up(variable("b.example")) == {"update": 1}
    assert simulator.writes == ["PATCH /repos/acme/shop/actions/variables/HOST"]
    assert simulator.repository.vault.variables["HOST"].value == "b.example"
    simulator.repository.vault.put_variable("HOST", "theirs.example")
    assert program.refresh() == {"update": 1}
    assert program.up() == {"update": 1}
    assert simulator.repository.vault.variables["HOST"].value == "b.example"


def test_a_variable_that_exists_already_is_refused(program: Program, simulator: Simulator) -> None:
    simulator.repository.vault.put_variable("HOST", "a.example")
    with pytest.raises(automation.CommandError, match="409 Already exists"):
        program.up(variable("a.example"))


def test_a_variable_that_exists_already_is_imported_without_a_write(
    program: Program, simulator: Simulator
) -> None:
    simulator.repository.vault.put_variable("HOST", "a.example")
    assert program.up(variable("a.example", imported="shop:HOST"))["import"] == 1
    assert simulator.writes == []
