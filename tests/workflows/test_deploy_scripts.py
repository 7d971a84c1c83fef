"""The scripts around an update, with programs that answer as GitHub's and the registry's do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slipway.ci.files import files
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load
from tests.workflows.programs import FORM, SHA, Programs
from tests.workflows.runner import Runner


@pytest.fixture
def deploy() -> Any:
    document = load(files(sample.settings())[".github/workflows/deploy.yml"])
    for job in document["jobs"].values():
        for step in job["steps"]:
            if "PAUSE" in step.get("env", {}):
                step["env"] |= {"PAUSE": "0", "LIMIT": "2"}
    return document


def plan(machine: Runner, deploy: Any) -> dict[str, str]:
    machine.run(deploy, "plan")
    return machine.steps[0].outputs


def test_a_push_deploys_its_commit_to_staging(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    programs.answers("gh", "passed")
    assert plan(machine, deploy) == {
        "version": "sha-0123456789ab",
        "commit": SHA,
        "staging": "true",
        "production": "false",
    }
    assert machine.succeeded


def test_a_tag_deploys_itself_to_staging_and_production(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    machine.context["github"] |= {"ref_type": "tag", "ref_name": "v1.2.3"}
    programs.answers("gh", "passed")
    planned = plan(machine, deploy)
    assert (planned["version"], planned["staging"], planned["production"]) == (
        "v1.2.3",
        "true",
        "true",
    )


def test_the_form_names_an_environment_and_a_version(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    machine.context["github"]["event_name"] = "workflow_dispatch"
    machine.context["inputs"] = FORM | {"environment": "production", "version": "v1.0.0"}
    programs.answers("gh", "f" * 40, "passed")
    assert plan(machine, deploy) == {
        "version": "v1.0.0",
        "commit": "f" * 40,
        "staging": "false",
        "production": "true",
    }
    assert programs.calls("gh")[0][:2] == ["api", "repos/acme/shop/commits/v1.0.0"]


def test_text_from_the_form_is_never_run(machine: Runner, deploy: Any, programs: Programs) -> None:
    machine.context["github"]["event_name"] = "workflow_dispatch"
    machine.context["inputs"] = FORM | {"version": "v1$(touch owned)"}
    programs.answers("gh", "f" * 40)
    plan(machine, deploy)
    assert machine.outcomes() == {
        "Decide what to deploy": "failure",
        "Wait until CI has passed": "skipped",
    }
    assert not (machine.workspace / "owned").exists()
    assert programs.calls("gh") == []


def test_a_rollback_waits_for_no_ci(machine: Runner, deploy: Any) -> None:
    machine.context["github"]["event_name"] = "workflow_dispatch"
    machine.context["inputs"] = FORM | {"rollback": True}
    assert plan(machine, deploy)["version"] == ""
    assert machine.outcomes()["Wait until CI has passed"] == "skipped"


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        (["waiting", "waiting", "passed"], "success"),
        (["waiting", "failed"], "failure"),
        (["waiting"], "failure"),
    ],
    ids=["in the end", "never", "in time"],
)
def test_nothing_is_deployed_before_ci_has_passed(
    machine: Runner, deploy: Any, programs: Programs, states: list[str], outcome: str
) -> None:
    programs.answers("gh", *states)
    plan(machine, deploy)
    assert machine.outcomes()["Wait until CI has passed"] == outcome


def test_a_tag_that_was_never_checked_is_checked_now(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    machine.context["github"] |= {"ref_type": "tag", "ref_name": "v1.2.3"}
    programs.answers("gh", "none", "none", "", "waiting", "passed")
    plan(machine, deploy)
    assert machine.succeeded
    started = [call for call in programs.calls("gh") if call[:2] == ["workflow", "run"]]
    assert started == [["workflow", "run", "ci.yml", "--repo", "acme/shop", "--ref", "v1.2.3"]]


def test_only_signed_images_pass(machine: Runner, deploy: Any, programs: Programs) -> None:
    machine.context["needs"] = {"plan": {"outputs": {"version": "v1.2.3", "commit": SHA}}}
    programs.answers("docker", "sha256:aa")
    programs.answers("cosign", "")
    machine.run(deploy, "verify")
    assert machine.succeeded, machine.steps
    assert "- `ghcr.io/acme/shop@sha256:aa` is signed" in machine.summary
    *_, signer, of_commit, commit, image = programs.calls("cosign")[-1]
    assert (of_commit, commit) == ("--certificate-github-workflow-sha", SHA)
    assert image == "ghcr.io/acme/shop@sha256:aa"
    assert signer == (
        r"^https://github\.com/acme/shop/\.github/workflows/image\.yml@refs/(heads/main|tags/.+)$"
    )


@pytest.mark.parametrize("program", ["docker", "cosign"])
def test_an_image_that_is_missing_or_unsigned_stops_the_deployment(
    machine: Runner, deploy: Any, programs: Programs, program: str
) -> None:
    machine.context["needs"] = {"plan": {"outputs": {"version": "v1.2.3", "commit": SHA}}}
    for name in ("docker", "cosign"):
        programs.answers(name, "sha256:aa")
    programs.fails(program, "no such thing")
    machine.run(deploy, "verify")
    assert machine.outcomes()["Verify the images"] == "failure"
    assert "v1.2.3 cannot be deployed: no such thing" in machine.steps[-1].log


def test_everybody_is_told_how_it_ended_and_no_address_is_an_argument(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    machine.context["needs"] = {
        "plan": {"result": "success", "outputs": {"version": "v1.2.3"}},
        "production": {"result": "failure"},
    }
    webhooks = {
        "SLACK_WEBHOOK": "https://slack.example/secret",
        "DISCORD_WEBHOOK": "https://discord.example/secret",
        "PAGERDUTY_ROUTING_KEY": "secret-key",
    }
    machine.context["secrets"] = webhooks
    programs.answers("curl", "")
    machine.run(deploy, "notify")
    assert machine.succeeded, machine.steps
    calls = programs.calls("curl")
    assert len(calls) == 3
    assert "secret" not in json.dumps(calls)
    assert "failed (production), by ada" in json.dumps(calls[0])
