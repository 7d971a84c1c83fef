"""What every workflow keeps to, whatever is configured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata

import pytest

from slipway.ci import update
from slipway.ci.files import files, workflows
from slipway.ci.model import Job, Run, Use, Workflow
from slipway.ci.secrets import needed_secrets
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load

ALL = workflows(sample.settings())
TALKERS = {"pip install", "npm ci", "pip-audit", "npm audit", "bandit", "python -m coverage"}
CONFIGURATIONS = [sample.EVERYTHING, sample.PYTHON, sample.OWN_COMMANDS]


def jobs() -> Iterator[tuple[str, Workflow, Job]]:
    for text in CONFIGURATIONS:
        for file, workflow in workflows(sample.settings(text)).items():
            for name, job in workflow.jobs.items():
                yield f"{file}/{name}", workflow, job


def test_the_files_are_those_that_people_look_for() -> None:
    assert list(files(sample.settings())) == [
        ".github/workflows/ci.yml",
        ".github/workflows/image.yml",
        ".github/workflows/deploy.yml",
        ".github/workflows/scheduled.yml",
        ".github/dependabot.yml",
    ]
    assert files(sample.settings("{}")) == {}


@pytest.mark.parametrize(
    ("event", "started"),
    [
        ("main", ["ci.yml", "deploy.yml", "image.yml"]),
        ("develop", ["ci.yml"]),
        ("pull request", ["ci.yml"]),
        # CI has checked the tag's commit already, or the deployment starts it.
        ("tag", ["deploy.yml", "image.yml"]),
        ("form", ["ci.yml", "deploy.yml", "image.yml", "scheduled.yml"]),
    ],
)
def test_what_happens_starts_the_right_workflows(event: str, started: list[str]) -> None:
    assert sorted(file for file, each in ALL.items() if starts(each, event)) == started


def starts(workflow: Workflow, event: str) -> bool:
    push = workflow.on.push
    return {
        "main": push is not None and "main" in push.branches,
        "develop": push is not None and "develop" in push.branches,
        "tag": push is not None and "v*" in push.tags,
        "pull request": workflow.on.pull_request is not None,
        "form": workflow.on.workflow_dispatch is not None,
    }[event]


def test_no_workflow_may_do_anything_that_a_job_does_not_ask_for() -> None:
    for text in CONFIGURATIONS:
        for name, content in files(sample.settings(text)).items():
            if "/workflows/" in name:
                document = load(content)
                assert document["permissions"] == {}
                assert all("permissions" in job for job in document["jobs"].values())


def test_every_job_has_a_time_limit_and_runs_one_at_a_time() -> None:
    for _, workflow, job in jobs():
        assert 1 <= job.timeout_minutes <= 360
        assert workflow.concurrency


def test_ci_answers_within_its_limits_of_20_minutes_at_most() -> None:
    assert max(job.timeout_minutes for job in ALL["ci.yml"].jobs.values()) <= 20


def test_no_expression_stands_in_a_script() -> None:
    for where, _, job in jobs():
        for step in job.steps:
            assert not (isinstance(step, Run) and "${{" in step.run), where


def test_installations_and_audits_hide_none_of_their_output() -> None:
    seen = set()
    for where, _, job in jobs():
        for step in job.steps:
            for line in step.run.splitlines() if isinstance(step, Run) else ():
                found = {each for each in TALKERS if each in line}
                assert not (found and re.search(r"--quiet|--silent| -q |/dev/null", line)), where
                seen |= found
    assert seen == TALKERS


def test_no_checkout_leaves_the_token_behind() -> None:
    for where, _, job in jobs():
        for step in job.steps:
            if isinstance(step, Use) and step.uses.name == "actions/checkout":
                assert step.with_["persist-credentials"] is False, where


def test_secrets_reach_only_steps_that_need_them() -> None:
    for where, workflow, job in jobs():
        assert "secrets." not in str((workflow.env, job.env, job.services)), where


def test_an_image_is_built_once_and_later_only_named() -> None:
    steps = {each.name: each for each in ALL["image.yml"].jobs["image-shop"].steps}
    assert steps["Build"].if_ == "steps.found.outputs.digest == ''"
    build, tag = steps["Build"], steps["Tag the image"]
    assert isinstance(build, Use)
    assert isinstance(tag, Run)
    assert build.with_["platforms"] == "linux/amd64,linux/arm64"
    assert (build.with_["sbom"], build.with_["provenance"]) == (True, "mode=max")
    assert tag.env["DIGEST"] == "${{ steps.built.outputs.digest || steps.found.outputs.digest }}"


def test_signatures_are_verified_before_anything_is_deployed() -> None:
    deploy = ALL["deploy.yml"].jobs
    for name in ("staging", "production"):
        assert {"plan", "verify"} <= set(deploy[name].needs)
        condition = str(deploy[name].if_)
        assert condition.startswith("!failure() && !cancelled()")


def test_a_tag_reaches_production_by_way_of_staging() -> None:
    production = ALL["deploy.yml"].jobs["production"]
    assert "staging" in production.needs
    assert production.environment
    assert (production.environment.name, production.environment.url) == (
        "production",
        "https://shop.example.org",
    )


def test_an_update_is_by_pulumis_action_with_the_version_of_the_event() -> None:
    steps = {each.name: each for each in ALL["deploy.yml"].jobs["production"].steps}
    update = steps["Update"]
    assert isinstance(update, Use)
    assert update.uses.name == "pulumi/actions"
    assert update.with_["command"] == "up"
    assert update.with_["stack-name"] == "production"
    assert load(str(update.with_["config-map"])) == {
        "version": {"value": "${{ needs.plan.outputs.version }}", "secret": False},
        "build": {"value": "false", "secret": False},
    }


def test_the_form_offers_every_strategy() -> None:
    form = ALL["deploy.yml"].on.workflow_dispatch
    assert form
    assert form.inputs["strategy"].options == ("as configured", "rolling", "blue-green", "canary")


def test_the_cli_is_of_the_release_that_the_program_is_locked_to() -> None:
    assert metadata.version("pulumi") == update.PULUMI_VERSION


def test_every_secret_that_a_workflow_reads_is_one_that_is_asked_for() -> None:
    for text in CONFIGURATIONS:
        settings = sample.settings(text)
        needed = needed_secrets(settings)
        known = {*needed.repository, *needed.environments["staging"]}
        read = set(re.findall(r"secrets\.([A-Z_]+)", "".join(files(settings).values())))
        assert read == known


def test_dependabot_looks_where_the_code_is() -> None:
    updates = load(files(sample.settings())[".github/dependabot.yml"])["updates"]
    assert {each["package-ecosystem"]: each["directories"] for each in updates} == {
        "pip": ["/backend", "/deployment"],
        "npm": ["/frontend"],
        "docker": ["/examples/shop"],
        "docker-compose": ["/"],
    }
