"""A Pulumi program of a few resources, deployed to the simulator by the real provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_github as github

from fakes.github.simulator import Simulator
from fakes.github.state import Token
from lab import automation

Declare = Callable[[pulumi.ResourceOptions], None]
"""Declares resources; the options name the provider."""

WITHOUT_DELAYS: Final = {"write_delay_ms": 0, "read_delay_ms": 0, "retry_delay_ms": 100}
"""By default the provider waits a second after each write, as GitHub asks of its users."""

PROJECT: Final = "github"


class Program:
    """One stack with a state of its own, in `folder`."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.token: Token = simulator.token
        self.settings: dict[str, Any] = dict(WITHOUT_DELAYS)
        self._declare: Declare = _nothing
        self._folder = folder
        self.forget()

    def forget(self) -> None:
        """Start again with an empty state; what was made at GitHub stays."""
        self._stack = automation.empty(self._folder, PROJECT, self._program)

    @property
    def state(self) -> Path:
        """The file that holds the stack's state, with its secrets encrypted."""
        return automation.state_file(self._stack)

    def _program(self) -> None:
        provider = github.Provider(
            "simulator",
            base_url=self.simulator.base_url,
            owner=self.simulator.organization.login,
            token=pulumi.Output.secret(self.token.text),
            **self.settings,
        )
        self._declare(pulumi.ResourceOptions(provider=provider))

    def up(self, declare: Declare | None = None) -> dict[str, int]:
        """`pulumi up`; the number of resources by operation."""
        self._declare = declare or self._declare
        self.simulator.forget()
        return _counts(self._stack.up(suppress_progress=True).summary.resource_changes)

    def preview(self, declare: Declare | None = None) -> dict[str, int]:
        """`pulumi preview`."""
        self._declare = declare or self._declare
        self.simulator.forget()
        return _counts(self._stack.preview().change_summary)

    def shown(self, declare: Declare) -> str:
        """The output of `pulumi preview --diff`."""
        self._declare = declare
        self.simulator.forget()
        preview = self._stack.preview(diff=True)
        return preview.stdout + preview.stderr

    def export(self) -> Any:
        """The deployment of `pulumi stack export --show-secrets`."""
        return self._stack.export_stack().deployment

    def refresh(self) -> dict[str, int]:
        """`pulumi refresh`."""
        self.simulator.forget()
        done = self._stack.refresh(suppress_progress=True)
        return _counts(done.summary.resource_changes)

    def outputs(self, kind: str) -> dict[str, Any]:
        """The outputs in the state of the first resource of a kind such as `actionsSecret`."""
        resources = json.loads(self.state.read_text())["checkpoint"]["latest"]["resources"]
        found = next(each for each in resources if f"/{kind}:" in each["type"])
        outputs: dict[str, Any] = found["outputs"]
        return outputs

    def destroy(self) -> None:
        """`pulumi destroy`."""
        self.simulator.forget()
        self._stack.destroy(suppress_progress=True)


def _counts(changes: Any) -> dict[str, int]:
    """Without what stays the same, such as the stack and the provider."""
    counts = {getattr(name, "value", str(name)): count for name, count in (changes or {}).items()}
    return {name: count for name, count in counts.items() if name != "same"}


def _nothing(_: pulumi.ResourceOptions) -> None:
    """No resources."""
