"""What a token without a needed scope sees. The answers' headers say which one it lacks."""

from __future__ import annotations

import httpx
import pulumi
import pulumi_github as github
import pytest
from pulumi import automation

from fakes.github.program import Program
from fakes.github.simulator import Simulator

from .test_files import CI, workflow
from .test_protection import protection


def variable(options: pulumi.ResourceOptions) -> None:
    """A setting of the repository."""
    github.ActionsVariable("host", repository="shop", variable_name="HOST", value="x", opts=options)


def file(options: pulumi.ResourceOptions) -> None:
    """A change of its contents."""
    github.RepositoryFile(
        "file", repository="shop", file="a.txt", content="a\n", branch="main", opts=options
    )


def test_graphql_names_the_scope_that_protection_needs(
    program: Program, simulator: Simulator
) -> None:
    program.token = simulator.token_with("read:org")
    with pytest.raises(automation.CommandError, match=r"requires one of.*'repo'"):
        program.up(protection())


def test_a_private_repository_is_not_there_without_its_scope(
    program: Program, simulator: Simulator
) -> None:
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


@pytest.mark.parametrize(
    ("permissions", "lacks"),
    [({"administration": "write"}, "variables"), ({"variables": "read"}, "variables")],
)
def test_a_fine_grained_token_is_refused_what_it_has_no_permission_for(
    program: Program, simulator: Simulator, permissions: dict[str, str], lacks: str
) -> None:
    program.token = simulator.fine_grained_token(**permissions)
    with pytest.raises(automation.CommandError, match="not accessible by personal access token"):
        program.up(variable)
    answer = httpx.post(
        f"{simulator.base_url}api/v3/repos/acme/shop/actions/variables",
        json={"name": "HOST", "value": "x"},
        headers={"Authorization": f"Bearer {program.token.text}"},
    )
    assert answer.headers["X-Accepted-GitHub-Permissions"] == f"{lacks}=write"
    assert "X-OAuth-Scopes" not in answer.headers


def test_a_fine_grained_token_does_what_it_has_permissions_for(
    program: Program, simulator: Simulator
) -> None:
    program.token = simulator.fine_grained_token(variables="write")
    program.up(variable)
    assert simulator.repository.vault.variables["HOST"].value == "x"


def test_those_who_do_not_administer_a_repository_change_no_settings(
    program: Program, simulator: Simulator
) -> None:
    simulator.repository.roles["ada"] = "push"
    with pytest.raises(automation.CommandError, match="Must have admin rights to Repository"):
        program.up(variable)
    with pytest.raises(automation.CommandError, match="does not have the correct permissions"):
        program.up(protection())
    assert program.up(file)["create"] >= 1


def test_every_answer_names_the_scopes_of_the_token_and_of_the_call(simulator: Simulator) -> None:
    token = simulator.token_with("read:org")
    answer = httpx.get(
        f"{simulator.base_url}api/v3/repos/acme/shop/contents/{CI}",
        headers={"Authorization": f"Bearer {token.text}"},
    )
    assert answer.status_code == 404
    assert answer.headers["X-OAuth-Scopes"] == "read:org"
    assert answer.headers["X-Accepted-OAuth-Scopes"] == "repo"
