"""Runs the scripts of a job as GitHub's runner does: its files, its shell, its order of steps.

Actions are not run: each has a stand-in that the caller gives, or is skipped, and said to be.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workflows.expressions import condition, substitute, text

FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
LIMIT = 300.0  # seconds for one step
StandIn = Callable[["Runner"], Mapping[str, str] | str]


@dataclass
class Step:
    """What became of a step."""

    name: str
    outcome: str
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """A machine with a checkout, on which the steps of one job run after each other."""

    workspace: Path
    temp: Path
    context: dict[str, Any] = field(default_factory=dict)
    """`github`, `inputs`, `needs`, `secrets`, `matrix`, as far as the job looks at them."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Variables that replace the workflow's: where the services are on this machine."""
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    """By the name of an action, what is done instead: outputs, or an outcome but success."""
    path: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    summary: str = ""
    cancelled: bool = False

    def run(self, workflow: Mapping[str, Any], job: str) -> list[Step]:
        """All steps of a job; the last word on it is `succeeded`."""
        described = workflow["jobs"][job]
        folder = described.get("defaults", {}).get("run", {}).get("working-directory", ".")
        for step in described["steps"]:
            self.steps.append(self._step(step, folder))
            if "id" in step:
                done = self.steps[-1]
                known = self.context.setdefault("steps", {})
                known[step["id"]] = {"outcome": done.outcome, "outputs": done.outputs}
        return self.steps

    @property
    def succeeded(self) -> bool:
        return not self._failed

    @property
    def failure(self) -> str:
        """What the steps that failed have said."""
        return "\n".join(f"{step.name}: {step.log}" for step in self._failed)

    @property
    def _failed(self) -> list[Step]:
        return [step for step in self.steps if step.outcome == "failure"]

    def outcomes(self) -> dict[str, str]:
        return {step.name: step.outcome for step in self.steps}

    def _step(self, step: Mapping[str, Any], folder: str) -> Step:
        name = step["name"]
        if not condition(step.get("if"), self.context, self._functions()):
            return Step(name, "skipped")
        if "uses" in step:
            action = step["uses"].partition("@")[0]
            if action not in self.stand_ins:
                return Step(name, "action")
            answer = self.stand_ins[action](self)
            if isinstance(answer, str):
                self.cancelled = answer == "cancelled"
                return Step(name, answer)
            return Step(name, "success", outputs=dict(answer))
        return self._script(step, step.get("working-directory", folder))

    def _script(self, step: Mapping[str, Any], folder: str) -> Step:
        files = {name: self.temp / name for name in FILES}
        for file in files.values():
            file.write_text("")
        own = {
            name: substitute(value, self.context, self._functions())
            for name, value in step.get("env", {}).items()
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            [*SHELL, str(script)],
            cwd=self.workspace / folder,
            env=self._environment()
            | own
            | dict(self.given)
            | {k: str(v) for k, v in files.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        self.variables |= assignments(files["GITHUB_ENV"].read_text())
        self.path = [*files["GITHUB_PATH"].read_text().split(), *self.path]
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        return Step(
            step["name"],
            "failure" if done.returncode else "success",
            done.stdout,
            assignments(files["GITHUB_OUTPUT"].read_text()),
        )

    def _environment(self) -> dict[str, str]:
        """Little of this machine's, so that a script can't lean on what GitHub's has not."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        path = os.pathsep.join([*self.path, "/usr/local/bin", "/usr/bin", "/bin"])
        return {
            **kept,
            "PATH": path,
            "CI": "true",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_WORKSPACE": str(self.workspace),
            **self.variables,
        }

    def _functions(self) -> dict[str, Callable[..., Any]]:
        return {
            "success": lambda: self.succeeded and not self.cancelled,
            "failure": lambda: not self.succeeded,
            "always": lambda: True,
            "cancelled": lambda: self.cancelled,
            "hashFiles": lambda name: text(any(self.workspace.glob(name)) or ""),
        }


def assignments(content: str) -> dict[str, str]:
    """What a step has written into GITHUB_ENV or GITHUB_OUTPUT: `NAME=VALUE` lines."""
    pairs = (line.partition("=") for line in content.splitlines() if line)
    return {name: value for name, _, value in pairs}
