"""CI's own scripts check the sample shop: they pass it as it is, and find what is put into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slipway.ci.files import files
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load
from tests.workflows.runner import Runner

CONFIGURATION = (Path(__file__).parent / "shop.yaml").read_text()

SQL_FROM_TEXT = """

def find(cursor, name):
    cursor.execute(f"SELECT id FROM products WHERE name = '{name}'")
"""


@pytest.fixture
def ci() -> Any:
    return load(files(sample.settings(CONFIGURATION))[".github/workflows/ci.yml"])


def test_the_shop_passes_lint_and_a_fault_does_not(ci: Any, runner: Runner) -> None:
    runner.run(ci, "lint")
    assert runner.succeeded, runner.failure
    lint = ["ruff check examples/shop tests/shop", "ruff format --check examples/shop tests/shop"]
    assert list(runner.outcomes()) == [
        *("Check out", "Set up Python", "Install"),
        *lint,
        "mypy examples/shop/shop",
    ]
    with (runner.workspace / "examples/shop/shop/store.py").open("a") as file:
        file.write("\n\nimport os\n")
    again(runner, ci, "lint", lint)
    assert runner.outcomes() == {lint[0]: "failure", lint[1]: "skipped"}


def test_the_shops_tests_pass_and_must_cover_enough(ci: Any, runner: Runner) -> None:
    runner.run(ci, "test")
    assert runner.succeeded, runner.failure
    assert "| examples/shop/shop/api.py " in runner.summary
    assert (runner.workspace / "coverage.xml").is_file()
    (runner.workspace / ".coverage").unlink()
    again(runner, ci, "test", ["Unit tests", "Coverage"])
    assert runner.outcomes() == {"Unit tests": "success", "Coverage": "failure"}


def test_the_audits_pass_the_shop_and_find_sql_from_text(ci: Any, runner: Runner) -> None:
    job = ci["jobs"]["security"]
    # They ask a database of vulnerabilities that not every machine can reach.
    job["steps"] = [step for step in job["steps"] if not step["name"].startswith("Vulnerable")]
    runner.run(ci, "security")
    assert runner.succeeded, runner.failure
    with (runner.workspace / "examples/shop/shop/store.py").open("a") as file:
        file.write(SQL_FROM_TEXT)
    again(runner, ci, "security", ["Bandit", "Semgrep"])
    assert runner.outcomes() == {"Bandit": "failure", "Semgrep": "failure"}


def again(runner: Runner, ci: Any, job: str, steps: list[str]) -> None:
    """Some steps of a job once more, on the machine as the others left it."""
    ci["jobs"][job]["steps"] = [each for each in ci["jobs"][job]["steps"] if each["name"] in steps]
    runner.steps.clear()
    runner.run(ci, job)
