"""A Pulumi program of a few resources, brought to the simulator by the real engine and provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_github as github

from lab import automation
from lab.github.simulator import Simulator
from lab.github.state import Token

Declare = Callable[[pulumi.ResourceOptions], None]
"""Declares resources; the options name the provider."""

QUICK: Final = {"write_delay_ms": 0, "read_delay_ms": 0, "retry_delay_ms": 100}
"""The provider waits a second after each write by default, which GitHub asks of its users."""

PROJECT: Final = "github"


class Program:
    """One stack with a state of its own, in `folder`."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.token: Token = simulator.token
        self.settings: dict[str, Any] = dict(QUICK)
        self._declare: Declare = _nothing
        self._folder = folder
        self.forget()

    def forget(self) -> None:
        """Begin anew with a state that knows nothing of what was made."""
        self._stack = automation.empty(self._folder, PROJECT, self._program)

    @property
    def state(self) -> Path:
        """The file that holds the stack's state."""
        return self._stack.state

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
        """`pulumi up`; how many resources went through which operation."""
        self._declare = declare or self._declare
        self.simulator.forget()
        return _counts(self._stack.up(suppress_progress=True).summary.resource_changes)

    def preview(self, declare: Declare | None = None) -> dict[str, int]:
        """`pulumi preview`."""
        self._declare = declare or self._declare
        self.simulator.forget()
        return _counts(self._stack.preview().change_summary)

    def shown(self, declare: Declare) -> str:
        """All that `pulumi preview --diff` prints."""
        self._declare = declare
        self.simulator.forget()
        preview = self._stack.preview(diff=True)
        return preview.stdout + preview.stderr

    def export(self) -> Any:
        """What `pulumi stack export --show-secrets` gives."""
        return self._stack.export_stack().deployment

    def refresh(self) -> dict[str, int]:
        """`pulumi refresh`."""
        self.simulator.forget()
        done = self._stack.refresh(suppress_progress=True)
        return _counts(done.summary.resource_changes)

    def outputs(self, kind: str) -> dict[str, Any]:
        """What the state has of the first resource of a kind such as `actionsSecret`."""
        resources = json.loads(self.state.read_text())["checkpoint"]["latest"]["resources"]
        found = next(each for each in resources if f"/{kind}:" in each["type"])
        outputs: dict[str, Any] = found["outputs"]
        return outputs

    def destroy(self) -> None:
        """`pulumi destroy`."""
        self.simulator.forget()
        self._stack.destroy(suppress_progress=True)


def _counts(changes: Any) -> dict[str, int]:
    """Without the stack and the provider, which are always there and never change."""
    counts = {getattr(name, "value", str(name)): count for name, count in (changes or {}).items()}
    return {name: count for name, count in counts.items() if name != "same"}


def _nothing(_: pulumi.ResourceOptions) -> None:
    """No resources."""
