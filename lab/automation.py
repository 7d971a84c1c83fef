"""Pulumi's Automation API, with one start of Pulumi for each command."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pulumi import automation

from lab import vault

STACK: Final = "test"


class Stack(automation.Stack):
    """The stack `test` of a project, with its state in the project's folder.

    Nobody asks what it puts out, and what an update did the backend's folder tells: the base class
    starts Pulumi for each, and once more to select a stack that every command names.
    """

    def __init__(self, project: str, workspace: automation.LocalWorkspace) -> None:
        self.name, self.project, self.workspace = STACK, project, workspace

    @property
    def state(self) -> Path:
        """The file that holds the state."""
        return self._backend / "stacks" / self.project / f"{STACK}.json"

    @property
    def _backend(self) -> Path:
        return Path(self.workspace.work_dir, "backend", ".pulumi")

    def outputs(self) -> automation.OutputMap:
        """None."""
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:  # noqa: ARG002
        """The last update."""
        updates = self._backend / "history" / self.project / STACK
        kept = json.loads(max(updates.glob("*.history.json")).read_text())
        return automation.UpdateSummary(
            kind=kept["kind"],
            start_time=datetime.fromtimestamp(kept["startTime"], UTC),
            message=kept["message"],
            environment=kept["environment"],
            config=kept["config"],
            result=kept["result"],
            resource_changes=kept.get("resourceChanges"),
        )


def empty(
    folder: Path, project: str, program: automation.PulumiFn, home: Path | None = None
) -> Stack:
    """A stack that knows of no resource, in a folder that may be there; `home` has the plugins."""
    shutil.rmtree(folder / "backend", ignore_errors=True)
    shutil.copytree(_blank(project).name, folder, dirs_exist_ok=True)
    return Stack(project, _workspace(folder, program, home))


def _workspace(
    folder: Path, program: automation.PulumiFn | None = None, home: Path | None = None
) -> automation.LocalWorkspace:
    return automation.LocalWorkspace(
        work_dir=str(folder),
        program=program,
        env_vars={"PULUMI_BACKEND_URL": f"file://{folder / 'backend'}", **vault.environment()},
        secrets_provider=vault.SECRETS_PROVIDER,
        pulumi_home=str(home) if home else None,
        pulumi_command=_command(),
    )


@cache
def _command() -> automation.PulumiCommand:
    """The CLI, asked once for its version."""
    return automation.PulumiCommand()


@cache
def _blank(project: str) -> TemporaryDirectory[str]:
    """A project with an empty stack, to be copied: making one takes as long as an update."""
    made = TemporaryDirectory()
    folder = Path(made.name)
    (folder / "backend").mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
    _workspace(folder).create_stack(STACK)
    return made
