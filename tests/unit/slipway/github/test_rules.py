"""What is asked of GitHub when little is configured."""

from __future__ import annotations

from pathlib import Path

from slipway.ci.required_checks import required_checks
from slipway.github.rules import branch_rules, environment_rules, release_tags
from slipway.settings.github import People
from tests.unit.slipway.github.sample import settings

PROMOTED = "promote_from: qa"
REVIEWED = "environment: {reviewers: {users: [ada, grace]}}"
WORKFLOWS = "workflows: {branch: trunk, release_tags: release-*, ci: {python: {}}}"


def test_an_environment_that_releases_come_to_first_is_open(folder: Path) -> None:
    rules = environment_rules(*settings(folder))
    assert (rules.reviewers, rules.wait, rules.policies) == (People(), 0, ())


def test_an_environment_that_is_promoted_to_is_strict(folder: Path) -> None:
    rules = environment_rules(*settings(folder, REVIEWED, PROMOTED))
    assert rules.reviewers.users == ("ada", "grace")
    assert rules.wait == 5
    assert rules.policies == (("tag", "v*"),)
    assert not rules.self_review
    assert not rules.administrators_bypass


def test_what_is_configured_replaces_the_strict_defaults(folder: Path) -> None:
    chosen = "environment: {reviewers: {}, wait: 0s, tags: [], branches: [main]}"
    rules = environment_rules(*settings(folder, chosen, PROMOTED))
    assert (rules.wait, rules.policies) == (0, (("branch", "main"),))


def test_the_workflows_say_which_tags_and_branch_count(folder: Path) -> None:
    loaded, github = settings(folder, "", WORKFLOWS)
    assert release_tags(loaded, github) == ("release-*",)
    assert list(branch_rules(loaded, github)) == ["trunk"]


def test_without_workflows_it_is_main_and_v(folder: Path) -> None:
    loaded, github = settings(folder)
    assert release_tags(loaded, github) == ("v*",)
    assert list(branch_rules(loaded, github)) == ["main"]


def test_the_required_checks_are_the_jobs_of_ci(folder: Path) -> None:
    loaded, github = settings(folder, "", WORKFLOWS)
    rules = branch_rules(loaded, github)["trunk"]
    assert rules.checks == required_checks(loaded)
    assert "lint" in rules.checks


def test_named_checks_stay_as_they_are(folder: Path) -> None:
    chosen = "manage: repository\nbranches: {main: {checks: [lint]}, develop: {checks: []}}"
    rules = branch_rules(*settings(folder, chosen, WORKFLOWS))
    assert (rules["main"].checks, rules["develop"].checks) == (("lint",), ())
