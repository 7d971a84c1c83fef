from __future__ import annotations

import pulumi
import pulumi_github as github

from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator


def production(wait_timer: int = 5, users: tuple[int, ...] = ()) -> Declare:
    """The environment `production` with one tag policy."""

    def declare(options: pulumi.ResourceOptions) -> None:
        environment = github.RepositoryEnvironment(
            "production",
            repository="shop",
            environment="production",
            wait_timer=wait_timer,
            can_admins_bypass=False,
            reviewers=[{"users": users}] if users else None,
            deployment_branch_policy={"protected_branches": False, "custom_branch_policies": True},
            opts=options,
        )
        github.RepositoryEnvironmentDeploymentPolicy(
            "tags",
            repository="shop",
            environment=environment.environment,
            tag_pattern="v*",
            opts=options,
        )

    return declare


def test_an_environment_is_created_as_declared_and_left_alone(
    program: Program, simulator: Simulator
) -> None:
    ada = simulator.users[0]
    assert program.preview(production(users=(ada.id,))) == {"create": 4}
    assert simulator.writes == []
    program.up()
    created = simulator.repository.environments["production"]
    assert (created.wait_timer, created.can_admins_bypass) == (5, False)
    assert created.reviewers == [ada]
    assert [(p.name, p.type) for p in created.policies.values()] == [("v*", "tag")]
    assert program.up() == {}
    assert simulator.writes == []


def test_what_is_declared_anew_or_changed_by_others_is_one_write(
    program: Program, simulator: Simulator
) -> None:
    program.up(production())
    environment = simulator.repository.environments["production"]
    environment.can_admins_bypass = True
    assert program.refresh() == {"update": 1}
    assert program.up(production(wait_timer=10)) == {"update": 1}
    assert simulator.writes == ["PUT /repos/acme/shop/environments/production"]
    assert (environment.wait_timer, environment.can_admins_bypass) == (10, False)


def test_reviewers_that_others_removed_are_not_seen(program: Program, simulator: Simulator) -> None:
    """The provider reads reviewers only when there are some: whoever relies on them must ask."""
    program.up(production(users=(simulator.users[0].id,)))
    simulator.repository.environments["production"].reviewers = []
    assert program.refresh() == {}
    assert program.up() == {}
