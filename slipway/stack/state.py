"""The state of a stack after its last update."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import Stack


@dataclass(frozen=True)
class State:
    """The part of an exported state that a rollback needs."""

    resources: Mapping[str, Mapping[str, Any]]
    """By URN."""
    interrupted: bool
    """Whether the last update was killed while it was changing something."""


def export(stack: Stack) -> State:
    """The state of a stack, its secrets still encrypted. Raises SlipwayError."""
    # Not `export_stack`, which decrypts every secret: none is needed here.
    workspace = stack.workspace
    command = ["stack", "export", "--stack", stack.name]
    done = workspace.pulumi_command.run(command, workspace.work_dir, workspace.env_vars)
    deployment = json.loads(done.stdout)["deployment"]
    return State(
        resources={each["urn"]: each for each in deployment.get("resources") or ()},
        interrupted=bool(deployment.get("pending_operations")),
    )
