"""Stacks for tests, by Pulumi's Automation API, each with a backend in its own folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pulumi import automation

STACK: Final = "test"
PASSPHRASE: Final = "of a stack that ends with its test"  # noqa: S105


def empty(
    folder: Path, project: str, program: automation.PulumiFn, home: Path | None = None
) -> automation.Stack:
    """A stack without resources, in a folder that may exist; `home` is where its plugins are."""
    backend = folder / "backend"
    shutil.rmtree(backend, ignore_errors=True)
    backend.mkdir(parents=True)
    return automation.create_stack(
        STACK,
        project_name=project,
        program=program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(folder),
            pulumi_home=str(home) if home else None,
            env_vars={
                "PULUMI_BACKEND_URL": f"file://{backend}",
                "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            },
        ),
    )


def state_file(stack: automation.Stack) -> Path:
    """Where the backend keeps the stack's state: secrets in it are encrypted."""
    project = stack.workspace.project_settings().name
    stacks = Path(stack.workspace.work_dir, "backend", ".pulumi", "stacks")
    return stacks / project / f"{stack.name}.json"
