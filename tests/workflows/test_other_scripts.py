"""Checks, nightly care and reports, with programs that answer as GitHub's do."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from slipway.ci.files import files
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load
from tests.workflows.programs import Programs
from tests.workflows.runner import Runner

WRITTEN = files(sample.settings())


def workflow(name: str) -> Any:
    return load(WRITTEN[f".github/workflows/{name}.yml"])


def only(document: Any, job: str, step: str) -> Any:
    """The workflow with one step of a job left, run whatever came before."""
    steps = [each for each in document["jobs"][job]["steps"] if each["name"] == step]
    document["jobs"][job]["steps"] = steps
    return document


@pytest.mark.parametrize(
    ("p95", "outcome"), [(110.0, "success"), (130.0, "failure")], ids=["as before", "slower"]
)
def test_performance_is_compared_with_the_last_test_that_passed(
    machine: Runner, programs: Programs, p95: float, outcome: str
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("summary.json", json.dumps(summary(100.0)))
    (machine.temp / "baseline.zip").write_bytes(archive.getvalue())
    (machine.workspace / "summary.json").write_text(json.dumps(summary(p95)))
    programs.by_pattern("gh", f"  */zip) cat {machine.temp}/baseline.zip ;;\n  *) echo 12 ;;")
    machine.run(
        only(workflow("scheduled"), "performance", "Compare with the baseline"), "performance"
    )
    assert machine.outcomes() == {"Compare with the baseline": outcome}


def test_the_first_test_is_the_baseline(machine: Runner, programs: Programs) -> None:
    programs.answers("gh", "")
    machine.run(
        only(workflow("scheduled"), "performance", "Compare with the baseline"), "performance"
    )
    assert machine.succeeded
    assert "this test is the first" in machine.summary


@pytest.mark.parametrize(
    ("p95", "errors", "outcome"),
    [(499.0, 0.01, "success"), (501.0, 0.0, "failure"), (100.0, 0.02, "failure")],
    ids=["within", "too slow", "too many errors"],
)
def test_load_has_limits(machine: Runner, p95: float, errors: float, outcome: str) -> None:
    (machine.workspace / "summary.json").write_text(json.dumps(summary(p95, errors)))
    machine.run(only(workflow("ci"), "performance", "Compare with the limits"), "performance")
    assert machine.outcomes() == {"Compare with the limits": outcome}


def summary(p95: float, errors: float = 0.0) -> Any:
    """As k6 exports it."""
    return {"metrics": {"http_req_duration": {"p(95)": p95}, "http_req_failed": {"value": errors}}}


@pytest.mark.parametrize(
    ("answers", "docker"),
    [(True, ["up", "run", "down"]), (False, ["up", "run", "logs", "down"])],
    ids=["it answers", "it does not"],
)
def test_the_whole_application_is_started_migrated_asked_and_stopped(
    machine: Runner, programs: Programs, answers: bool, docker: list[str]
) -> None:
    programs.answers("docker", "")
    programs.answers("curl", "")
    if not answers:
        programs.fails("curl", "no answer")
    document = workflow("ci")
    document["jobs"]["integration"]["steps"].pop(0)
    machine.run(document, "integration")
    assert machine.succeeded is answers
    assert [call[1] for call in programs.calls("docker")] == docker
    assert programs.calls("curl")[0][-1] == "http://127.0.0.1:8000/"


@pytest.mark.parametrize(
    ("open_issue", "called"), [("", "create"), ("17", "comment")], ids=["new", "known"]
)
def test_what_is_found_becomes_one_issue(
    machine: Runner, programs: Programs, open_issue: str, called: str
) -> None:
    machine.context["needs"] = {
        "dependencies": {"result": "failure"},
        "clean-up": {"result": "success"},
    }
    programs.by_pattern("gh", f'  "issue list"*) echo "{open_issue}" ;;')
    document = workflow("scheduled")
    document["jobs"]["issues"]["steps"][0]["if"] = "always()"
    machine.run(document, "issues")
    assert machine.succeeded, machine.steps
    changes = [
        call for call in programs.calls("gh") if call[:1] == ["issue"] and "list" not in call
    ]
    assert [call[1] for call in changes] == [called]


def test_old_runs_are_deleted_but_the_newest_ten_of_each_workflow(
    machine: Runner, programs: Programs
) -> None:
    old = "\n".join(f"2020-01-{day:02}T00:00:00Z {day}" for day in range(1, 13))
    runs = f"{old}\n2099-01-01T00:00:00Z 99"
    programs.by_pattern(
        "gh",
        f"  *DELETE*) ;;\n  *workflows/5/runs*) echo '{runs}' ;;\n  *workflows*) echo 5 ;;",
    )
    machine.run(workflow("scheduled"), "clean-up")
    assert machine.succeeded, machine.steps
    deleted = [call[-1] for call in programs.calls("gh") if "DELETE" in call]
    assert sorted(deleted) == [f"repos/acme/shop/actions/runs/{run}" for run in (1, 2, 3)]


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ({"lint": "success", "performance": "skipped"}, "success"),
        ({"lint": "success", "test": "failure"}, "failure"),
        ({"lint": "cancelled"}, "failure"),
    ],
)
def test_the_report_fails_unless_everything_has_passed(
    machine: Runner, results: dict[str, str], outcome: str
) -> None:
    machine.context["needs"] = {job: {"result": result} for job, result in results.items()}
    machine.run(workflow("ci"), "report")
    assert machine.outcomes() == {"Report": outcome}
    for job, result in results.items():
        assert f"| {job} | {result} |" in machine.summary


@pytest.mark.parametrize(("lines", "outcome"), [(80.0, "success"), (79.9, "failure")])
def test_coverage_of_node_has_a_limit(machine: Runner, lines: float, outcome: str) -> None:
    folder = machine.workspace / "frontend" / "coverage"
    folder.mkdir(parents=True)
    (folder / "coverage-summary.json").write_text(json.dumps({"total": {"lines": {"pct": lines}}}))
    machine.run(only(workflow("ci"), "test-node", "Coverage"), "test-node")
    assert machine.outcomes() == {"Coverage": outcome}
