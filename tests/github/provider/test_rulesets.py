from __future__ import annotations

from typing import Any

import pulumi
import pulumi_github as github

from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator
from fakes.github.state.repository import Record


def release_tags(**rules: Any) -> Declare:
    """Release tags that nobody may move."""

    def declare(options: pulumi.ResourceOptions) -> None:
        forbidden: Any = {"deletion": True, "update": True, **rules}
        github.RepositoryRuleset(
            "tags",
            name="release tags",
            repository="shop",
            target="tag",
            enforcement="active",
            conditions={"ref_name": {"includes": ["refs/tags/v*"], "excludes": []}},
            rules=forbidden,
            opts=options,
        )

    return declare


def ruleset(simulator: Simulator) -> Record:
    (only,) = simulator.repository.rulesets.values()
    return only


def kinds(simulator: Simulator) -> set[str]:
    return {rule["type"] for rule in ruleset(simulator).fields["rules"]}


def test_a_ruleset_is_created_as_declared_and_neither_written_nor_sent_again(
    program: Program, simulator: Simulator
) -> None:
    program.up(release_tags())
    fields = ruleset(simulator).fields
    assert (fields["target"], fields["enforcement"]) == ("tag", "active")
    assert fields["conditions"]["ref_name"] == {"include": ["refs/tags/v*"], "exclude": []}
    assert kinds(simulator) == {"deletion", "update"}
    assert program.up() == {}
    assert simulator.writes == []
    program.refresh()
    program.refresh()
    assert [e.status for e in simulator.requests if "rulesets" in e.name] == [304]


def test_a_ruleset_that_was_declared_anew_or_switched_off_by_others_is_one_write(
    program: Program, simulator: Simulator
) -> None:
    program.up(release_tags())
    ruleset(simulator).fields["enforcement"] = "disabled"
    assert program.refresh() == {"update": 1}
    assert program.up(release_tags(non_fast_forward=True)) == {"update": 1}
    assert len(simulator.writes) == 1
    assert ruleset(simulator).fields["enforcement"] == "active"
    assert kinds(simulator) == {"deletion", "update", "non_fast_forward"}
