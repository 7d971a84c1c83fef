"""What a token without a needed scope sees. The answers' headers say which one it lacks."""

from __future__ import annotations

import httpx
import pulumi
import pulumi_github as github
import pytest
from pulumi import automation

from lab.github.simulator import Simulator

from .program import Program
from .test_files import CI, workflow
from .test_protection import protection


def test_graphql_names_the_scope_that_protection_needs(
    program: Program, simulator: Simulator
) -> None:
    program.token = simulator.token_with("read:org")
    with pytest.raises(automation.CommandError, match=r"requires one of.*'repo'"):
        program.up(protection())


def test_a_private_repository_is_not_there_without_its_scope(
    program: Program, simulator: Simulator
) -> None:
    def variable(options: pulumi.ResourceOptions) -> None:
        github.ActionsVariable(
            "host", repository="shop", variable_name="HOST", value="x", opts=options
        )

    program.token = simulator.token_with("public_repo")
    with pytest.raises(automation.CommandError, match="404 Not Found"):
        program.up(variable)
    assert simulator.repository.vault.variables == {}


def test_a_workflow_file_is_refused_without_its_scope(
    program: Program, simulator: Simulator
) -> None:
    program.token = simulator.token_with("repo")
    with pytest.raises(automation.CommandError, match="404 Not Found"):
        program.up(workflow("on: push\n"))


def test_every_answer_names_the_scopes_of_the_token_and_of_the_call(simulator: Simulator) -> None:
    token = simulator.token_with("read:org")
    answer = httpx.get(
        f"{simulator.base_url}api/v3/repos/acme/shop/contents/{CI}",
        headers={"Authorization": f"Bearer {token.text}"},
    )
    assert answer.status_code == 404
    assert answer.headers["X-OAuth-Scopes"] == "read:org"
    assert answer.headers["X-Accepted-OAuth-Scopes"] == "repo"
