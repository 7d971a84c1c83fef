"""What the provider makes of GitHub's bad days."""

from __future__ import annotations

import pulumi
import pulumi_github as github
import pytest
from pulumi import automation

from fakes.github.program import Program
from fakes.github.simulator import Simulator

CREATED = "POST /repos/acme/shop/actions/variables"


def variable(options: pulumi.ResourceOptions) -> None:
    """The cheapest thing to write."""
    github.ActionsVariable(
        "host", repository="shop", variable_name="HOST", value="a.example", opts=options
    )


def test_the_secondary_rate_limit_is_waited_for(program: Program, simulator: Simulator) -> None:
    simulator.fail_next(403, method="POST", path="variables", retry_after=1)
    assert program.up(variable)["create"] == 3
    assert simulator.writes == [CREATED, CREATED]


def test_the_primary_rate_limit_is_waited_for(program: Program, simulator: Simulator) -> None:
    simulator.exhaust_rate_limit(2)
    assert program.up(variable)["create"] == 3
    assert 403 in [each.status for each in simulator.requests]


def test_passing_faults_are_tried_again(program: Program, simulator: Simulator) -> None:
    for status in (500, 502, 503):
        simulator.fail_next(status, method="POST", path="variables")
    assert program.up(variable)["create"] == 3
    assert simulator.writes == [CREATED] * 4


def test_a_lasting_fault_ends_with_its_status(program: Program, simulator: Simulator) -> None:
    simulator.fail_next(504, times=99, method="POST", path="variables")
    with pytest.raises(automation.CommandError, match="504"):
        program.up(variable)
    assert simulator.writes == [CREATED] * 4
    assert simulator.repository.vault.variables == {}
