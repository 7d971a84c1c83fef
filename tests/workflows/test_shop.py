"""CI's own scripts check the sample shop: they pass it as it is, and find what is put into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slipway.workflows.files import files
from tests.unit.slipway.workflows import sample
from tests.unit.slipway.workflows.github_yaml import load
from tests.workflows.runner import Runner

CONFIGURATION = (Path(__file__).parent / "shop.yaml").read_text()

SQL_FROM_TEXT = """

def find(cursor, name):
    cursor.execute(f"SELECT id FROM products WHERE name = '{name}'")
"""


@pytest.fixture
def ci() -> Any:
    return load(files(sample.settings(CONFIGURATION))[".github/workflows/ci.yml"])


def test_the_shop_is_clean(ci: Any, runner: Runner) -> None:
    runner.run(ci, "lint")
    assert runner.succeeded, runner.steps
    assert runner.outcomes() == {
        "Check out": "success",
        "Set up Python": "success",
        "Install": "success",
        "ruff check examples/shop tests/shop": "success",
        "ruff format --check examples/shop tests/shop": "success",
        "mypy examples/shop/shop": "success",
    }


def test_the_shops_tests_pass_and_cover_enough(ci: Any, runner: Runner) -> None:
    runner.run(ci, "test")
    assert runner.succeeded, runner.steps
    assert "| examples/shop/shop/api.py " in runner.summary
    assert (runner.workspace / "coverage.xml").is_file()


def test_too_little_coverage_fails(ci: Any, runner: Runner) -> None:
    job = ci["jobs"]["test"]
    job["steps"] = [step for step in job["steps"] if step["name"] != "Integration tests"]
    runner.run(ci, "test")
    assert runner.outcomes()["Unit tests"] == "success"
    assert runner.outcomes()["Coverage"] == "failure"


def test_a_fault_in_the_code_fails_the_lint_job(ci: Any, runner: Runner) -> None:
    with (runner.workspace / "examples/shop/shop/store.py").open("a") as file:
        file.write("\n\nimport os\n")
    runner.run(ci, "lint")
    assert runner.outcomes()["ruff check examples/shop tests/shop"] == "failure"
    assert runner.outcomes()["mypy examples/shop/shop"] == "skipped"


def test_the_audits_pass_the_shop_and_find_sql_from_text(ci: Any, runner: Runner) -> None:
    job = ci["jobs"]["security"]
    # They ask a database of vulnerabilities that not every machine can reach.
    job["steps"] = [step for step in job["steps"] if not step["name"].startswith("Vulnerable")]
    runner.run(ci, "security")
    assert runner.succeeded, runner.steps
    with (runner.workspace / "examples/shop/shop/store.py").open("a") as file:
        file.write(SQL_FROM_TEXT)
    job["steps"] = [step for step in job["steps"] if step["name"] in ("Bandit", "Semgrep")]
    runner.steps.clear()
    runner.run(ci, "security")
    assert runner.outcomes() == {"Bandit": "failure", "Semgrep": "failure"}
