"""An update by Pulumi's action, and what is done about one that does not hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slipway.ci.files import files
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load
from tests.workflows.programs import FORM, Programs
from tests.workflows.runner import Runner


@pytest.fixture
def deploy() -> Any:
    return load(files(sample.settings())[".github/workflows/deploy.yml"])


@pytest.mark.parametrize(
    ("up", "answers", "then"),
    [
        ("success", True, ["pulumi stack", "slipway status"]),
        # It has taken every server back by itself.
        ("failure", True, ["slipway status"]),
        ("success", False, ["slipway rollback", "slipway status"]),
        ("cancelled", True, ["pulumi cancel", "slipway rollback", "slipway status"]),
    ],
    ids=["it holds", "it fails", "it does not answer", "it is cut off"],
)
def test_what_an_update_leaves_is_put_right(
    machine: Runner, deploy: Any, programs: Programs, up: str, answers: bool, then: list[str]
) -> None:
    updating(machine, programs, answers=answers)
    machine.stand_ins = {"pulumi/actions": lambda _: {} if up == "success" else up}
    # The same action first installs the program that it runs.
    deploy["jobs"]["production"]["steps"] = without(deploy, "production", "Set up Pulumi")
    machine.run(deploy, "production")
    calls = [f"{name} {call[0]}" for name in ("pulumi", "slipway") for call in programs.calls(name)]
    assert calls == then


def test_what_production_runs_is_noted_for_the_release(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    updating(machine, programs)
    machine.stand_ins = {"pulumi/actions": lambda _: {}}
    programs.answers("pulumi", '{"web": "r/shop@sha256:a", "worker": "r/shop@sha256:a"}')
    machine.run(deploy, "production")
    assert machine.steps[-1].outputs == {"images": "r/shop@sha256:a"}


@pytest.mark.parametrize("before", [None, {"strategy": "rolling", "batch": 2, "bake": "60s"}])
def test_the_form_chooses_a_strategy_and_nothing_else(
    machine: Runner, deploy: Any, programs: Programs, before: Any
) -> None:
    updating(machine, programs)
    config = {"shop:rollout": {"value": "", "objectValue": before}} if before else {}
    programs.answers("pulumi", "", json.dumps(config), "")
    machine.stand_ins = {"pulumi/actions": lambda _: {}}
    machine.context["github"]["event_name"] = "workflow_dispatch"
    machine.context["inputs"] = FORM | {"strategy": "canary"}
    machine.run(deploy, "staging")
    assert machine.succeeded, machine.steps
    *command, wanted = programs.calls("pulumi")[-1]
    assert command == ["config", "set-all", "--stack", "staging", "--json"]
    rollout = json.loads(wanted)["rollout"]
    assert rollout["objectValue"] == {**(before or {}), "strategy": "canary"}
    assert json.loads(rollout["value"]) == rollout["objectValue"]


@pytest.mark.parametrize(("version", "to"), [("", []), ("v1.0.0", ["--to", "v1.0.0"])])
def test_the_form_rolls_back(
    machine: Runner, deploy: Any, programs: Programs, version: str, to: list[str]
) -> None:
    updating(machine, programs)
    machine.stand_ins = {"pulumi/actions": lambda _: {}}
    machine.context["github"]["event_name"] = "workflow_dispatch"
    machine.context["inputs"] = FORM | {"rollback": True, "reason": "it's slow"}
    machine.context["needs"]["plan"]["outputs"]["version"] = version
    machine.run(deploy, "staging")
    assert machine.outcomes()["Update"] == "skipped"
    assert programs.calls("slipway")[0] == [
        *("rollback", "--stack", "staging", "--yes", "--message", "it's slow, run 7 of ada"),
        *to,
    ]


def test_the_key_goes_to_the_agent_and_nowhere_else(
    machine: Runner, deploy: Any, programs: Programs
) -> None:
    updating(machine, programs)
    machine.stand_ins = {"pulumi/actions": lambda _: {}}
    machine.run(deploy, "staging")
    assert machine.succeeded, machine.steps
    assert machine.variables["SSH_AUTH_SOCK"] == "/run/agent.sock"
    assert programs.calls("ssh-add") == [["-"]]
    left = [step.log for step in machine.steps] + [machine.summary, *machine.variables.values()]
    assert not any("private-key" in text for text in left)


def updating(machine: Runner, programs: Programs, *, answers: bool = True) -> None:
    """A machine on which everything that an update needs is there."""
    (machine.workspace / "deployment").mkdir()
    machine.context["needs"] = {"plan": {"outputs": {"version": "v1.2.3"}}}
    machine.context["secrets"] = {"DEPLOY_SSH_KEY": "private-key"}
    for name in ("python", "slipway", "ssh-add", "curl"):
        programs.answers(name, "")
    programs.answers("pulumi", "{}")
    programs.answers("ssh-agent", "SSH_AUTH_SOCK=/run/agent.sock; SSH_AGENT_PID=1;")
    if not answers:
        programs.fails("curl", "no answer")


def without(document: Any, job: str, name: str) -> Any:
    return [step for step in document["jobs"][job]["steps"] if step["name"] != name]
