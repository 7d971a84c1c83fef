"""Desired resources that exist already, with the ids by which the provider imports them."""

from __future__ import annotations

from collections.abc import Collection

from slipway.github import names
from slipway.github.names import REPOSITORY
from slipway.github.observe import ObservedGithub
from slipway.github.rules import EnvironmentRules
from slipway.settings.github import Github

Existing = dict[str, str]
"""The provider's import id of each existing resource, by the resource's name."""


def of_environment(
    github: Github, stack: str, rules: EnvironmentRules, observed: ObservedGithub
) -> Existing:
    """Existing resources of the stack's environment."""
    found = observed.environment
    if found is None:
        return {}
    scope, wanted = f"{github.repository}:{stack}", github.environment
    policies = {each: found.policies[each] for each in rules.policies if each in found.policies}
    return {
        names.environment(stack): scope,
        **{names.policy(stack, *each): f"{scope}:{number}" for each, number in policies.items()},
        **{
            names.secret(stack, each): f"{scope}:{each}"
            for each in wanted.secrets
            if each in found.secrets
        },
        **{
            names.variable(stack, each): f"{scope}:{each}"
            for each in wanted.variables
            if each in found.variables
        },
    }


def of_repository(github: Github, branches: Collection[str], observed: ObservedGithub) -> Existing:
    """Existing resources of the whole repository."""
    found, scope = observed.repository, github.repository
    rulesets = (names.RELEASE_TAGS, names.RELEASE_CREATORS, *map(names.deployed, branches))
    return {
        **{names.file(each): f"{scope}:{each}:{github.workflow_branch}" for each in found.files},
        **{names.branch(each): f"{scope}:{each}" for each in branches if each in found.protected},
        **{
            each: f"{scope}:{found.rulesets[names.ruleset(each)]}"
            for each in rulesets
            if names.ruleset(each) in found.rulesets
        },
        **{
            names.secret(REPOSITORY, each): f"{scope}:{each}"
            for each in github.secrets
            if each in found.secrets
        },
        **{
            names.variable(REPOSITORY, each): f"{scope}:{each}"
            for each in github.variables
            if each in found.variables
        },
    }
