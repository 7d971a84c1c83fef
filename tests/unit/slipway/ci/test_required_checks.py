"""The checks that a pull request has to pass are the jobs of CI, as GitHub names them."""

from __future__ import annotations

from slipway.ci.required_checks import required_checks
from tests.unit.slipway.ci import sample


def test_one_language_has_the_names_that_people_expect() -> None:
    found = required_checks(sample.settings(sample.PYTHON))
    assert found == ("lint", "test", "security", "build", "report")


def test_each_language_each_version_and_each_image_is_a_check_of_its_own() -> None:
    assert required_checks(sample.settings()) == (
        "lint (python)",
        "test (python) (3.11)",
        "test (python) (3.12)",
        "lint (node)",
        "test (node)",
        "docs",
        "security",
        "build (admin/site)",
        "build (shop)",
        "integration",
        "performance",
        "report",
    )


def test_own_commands_are_checks() -> None:
    assert required_checks(sample.settings(sample.OWN_COMMANDS)) == ("check", "security", "report")


def test_without_workflows_nothing_is_required() -> None:
    assert required_checks(sample.settings("{}")) == ()
