from __future__ import annotations

import pulumi
import pulumi_github as github
import pytest
from pulumi import automation

from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator
from fakes.github.state import Protection

CI = ".github/workflows/ci.yml"


def workflow(content: str, *, overwrite: bool = False) -> Declare:
    """A workflow file on the default branch."""

    def declare(options: pulumi.ResourceOptions) -> None:
        github.RepositoryFile(
            "ci",
            repository="shop",
            file=CI,
            content=content,
            branch="main",
            commit_message="Keep the workflows as declared",
            overwrite_on_create=overwrite,
            opts=options,
        )

    return declare


def committed(simulator: Simulator) -> str:
    head = simulator.repository.branches.resolve("main")
    assert head
    return head.files[CI].decode()


def test_a_file_is_one_commit_and_another_one_only_when_it_has_changed(
    program: Program, simulator: Simulator
) -> None:
    program.up(workflow("on: push\n"))
    assert committed(simulator) == "on: push\n"
    head = simulator.repository.branches.resolve("main")
    assert head
    assert head.message == "Keep the workflows as declared"
    assert program.up() == {}
    assert simulator.writes == []
    simulator.repository.branches.commit("main", "By hand", {CI: b"on: pull_request\n"})
    assert program.refresh() == {"update": 1}
    assert program.up() == {"update": 1}
    assert committed(simulator) == "on: push\n"


def test_a_file_of_others_is_overwritten_only_when_asked_for(
    program: Program, simulator: Simulator
) -> None:
    simulator.repository.branches.commit("main", "By hand", {CI: b"on: pull_request\n"})
    with pytest.raises(automation.CommandError, match="refusing to overwrite existing file"):
        program.up(workflow("on: push\n"))
    program.up(workflow("on: push\n", overwrite=True))
    assert committed(simulator) == "on: push\n"


def test_a_protected_branch_takes_files_from_nobody_but_those_exempt(
    program: Program, simulator: Simulator
) -> None:
    settings = {"requiresApprovingReviews": True, "isAdminEnforced": True}
    rule = Protection(pattern="main", settings=settings)
    simulator.repository.protections.append(rule)
    with pytest.raises(automation.CommandError, match="Changes must be made through a pull"):
        program.up(workflow("on: push\n"))
    rule.actors["bypassPullRequestActorIds"] = [simulator.token.user.node_id]
    program.up()
    assert committed(simulator) == "on: push\n"
