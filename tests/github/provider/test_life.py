"""Every kind of resource that a repository may have, from its creation to its end."""

from __future__ import annotations

import pulumi
import pulumi_github as github
from pulumi import ResourceOptions

from fakes.github.program import Program
from fakes.github.simulator import Simulator

SHOP = "shop"


def repository(options: ResourceOptions) -> None:
    """A repository of its own, and settings of another."""
    github.Repository("new", name="new", visibility="private", has_wiki=False, opts=options)
    github.RepositoryTopics("topics", repository=SHOP, topics=["deployment"], opts=options)
    github.RepositoryDependabotSecurityUpdates(
        "updates", repository=SHOP, enabled=True, opts=options
    )
    github.RepositoryVulnerabilityAlerts("alerts", repository=SHOP, enabled=True, opts=options)
    github.IssueLabel("label", repository=SHOP, name="help wanted", color="ff0000", opts=options)


def delivery(options: ResourceOptions) -> None:
    """An environment with everything in it; its name has a character that paths need escaped."""
    environment = github.RepositoryEnvironment(
        "environment",
        repository=SHOP,
        environment="eu/production",
        deployment_branch_policy={"protected_branches": False, "custom_branch_policies": True},
        opts=options,
    ).environment
    github.RepositoryEnvironmentDeploymentPolicy(
        "policy", repository=SHOP, environment=environment, tag_pattern="v*", opts=options
    )
    github.ActionsEnvironmentVariable(
        "variable",
        repository=SHOP,
        environment=environment,
        variable_name="HOST",
        value="a.example",
        opts=options,
    )
    github.ActionsEnvironmentSecret(
        "secret",
        repository=SHOP,
        environment=environment,
        secret_name="KEY",
        value=pulumi.Output.secret("open sesame"),
        opts=options,
    )


def history(options: ResourceOptions) -> None:
    """What ends up in Git, and what guards it."""
    github.Branch("branch", repository=SHOP, branch="develop", opts=options)
    github.RepositoryFile(
        "file", repository=SHOP, file="a/b.txt", content="b\n", branch="main", opts=options
    )
    # The provider makes drafts by default, and a draft makes no tag.
    github.Release(
        "release", repository=SHOP, tag_name="v1.0.0", body="New.", draft=False, opts=options
    )
    github.RepositoryRuleset(
        "ruleset",
        name="release tags",
        repository=SHOP,
        target="tag",
        enforcement="active",
        conditions={"ref_name": {"includes": ["refs/tags/v*"], "excludes": []}},
        rules={"deletion": True, "non_fast_forward": True, "required_signatures": True},
        bypass_actors=[{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        opts=options,
    )
    github.BranchProtection(
        "protection", repository_id=SHOP, pattern="main", enforce_admins=True, opts=options
    )


def everything(options: ResourceOptions) -> None:
    repository(options)
    delivery(options)
    history(options)


def test_everything_is_created_left_alone_and_deleted(
    program: Program, simulator: Simulator
) -> None:
    assert program.preview(everything) == {"create": 16}
    assert simulator.writes == []
    assert program.up() == {"create": 16}
    assert program.up() == {}
    assert simulator.writes == []
    assert program.refresh() == {}
    assert simulator.writes == []
    program.destroy()
    shop = simulator.repository
    left = (shop.environments, shop.rulesets, shop.protections, shop.releases, shop.labels)
    assert [each for each in left if each] == []
    assert set(simulator.hub.repositories) == {"acme/shop"}
    assert sorted(shop.branches.refs) == ["heads/main", "tags/v1.0.0"]


def test_people_are_found_by_name(program: Program, simulator: Simulator) -> None:
    found: dict[str, object] = {}

    def asks(options: ResourceOptions) -> None:
        invoke = pulumi.InvokeOptions(provider=options.provider)
        found["ada"] = github.get_user(username="ada", opts=invoke).id
        found["operators"] = github.get_team(slug="operators", opts=invoke).members
        found["shop"] = github.get_repository(name=SHOP, opts=invoke).node_id

    program.preview(asks)
    assert found == {
        "ada": str(simulator.users[0].id),
        "operators": ["ada", "grace"],
        "shop": simulator.repository.node_id,
    }
