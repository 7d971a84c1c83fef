"""What is wrong with the workflows is told before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings.sample import faults, project, settings

BASE = "workflows: {ci: {jobs: {check: {run: make check}}}}"


def test_workflows_that_fit_are_no_fault(tmp_path: Path) -> None:
    assert settings(project(tmp_path), BASE).workflows


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "workflows: {}",
            ("ci: checks nothing. Add `python`, `node`, or a command of your own under `jobs`."),
        ),
        (
            "workflows: {ci: {python: {}, performance: {}}}",
            ("ci/performance: needs `compose`. Configure `compose`, or remove it."),
        ),
        (
            "workflows: {ci: {jobs: {build-docs: {run: make docs}}}}",
            (
                "ci/jobs/build-docs: is the name of another job. Choose a name that "
                "begins with none of security, build, report."
            ),
        ),
        (
            "workflows: {ci: {python: {}}, image: {start: {shup: []}}}",
            "image/start/shup: unknown image. Did you mean `shop`?",
        ),
        (
            "workflows: {ci: {python: {}}, deploy: {production: staging}}",
            (
                "deploy/production: is the same stack as `staging`. "
                "Name the stack that runs a release first, and the one that it is promoted to."
            ),
        ),
        (
            "workflows: {ci: {python: {}}, deploy: {organization: acme, backend: 's3://state'}}",
            (
                "deploy/organization: is only for Pulumi Cloud, and the backend is s3://state. "
                "Remove it, or keep the state in Pulumi Cloud."
            ),
        ),
        (
            "workflows: {ci: {python: {}}, deploy: {urls: {prod: 'https://a.example'}}}",
            "deploy/urls/prod: unknown environment. Known: `staging`, `production`.",
        ),
        (
            "workflows: {ci: {python: {}}, branch: 'main; rm'}",
            (
                "branch: must be a branch or tag (letters, digits, `.`, `_`, `-`, "
                "`/`, and `*` as a wildcard), not 'main; rm'. For example: `branch: main`."
            ),
        ),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, fault: str) -> None:
    assert faults(project(tmp_path), text) == [f"staging/workflows/{fault}"]
