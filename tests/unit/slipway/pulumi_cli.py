"""A Pulumi command line with a fixed history, state and configuration, for unit tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error

from slipway.errors import SlipwayError


def entry(
    values: Mapping[str, Any], *, kind: str = "update", result: str = "succeeded", **more: Any
) -> dict[str, Any]:
    """One entry of the history, as `pulumi stack history --json` prints it."""
    return {
        "kind": kind,
        "result": result,
        "message": "",
        "startTime": "2026-11-21T05:00:00.000Z",
        "endTime": "2026-11-21T05:00:20.000Z",
        "environment": {},
        "config": configuration(values),
        **more,
    }


def configuration(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain keys as Pulumi prints them: objects are JSON text, and once more as they are."""
    return {
        key: {"value": value, "secret": False}
        if isinstance(value, str)
        else {"value": json.dumps(value), "objectValue": value, "secret": False}
        for key, value in values.items()
    }


class PulumiCli(PulumiCommand):
    """Answers the commands that Slipway gives, notes them, and refuses every other one."""

    def __init__(self) -> None:
        self.command = "pulumi"
        self.version = None
        self.history: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {"resources": []}
        self.config: dict[str, Any] = {}
        self.failing: set[str] = set()  # "up", "config set"
        self.commands: list[list[str]] = []
        self.folders: set[str] = set()
        self.applied: dict[str, Any] = {}  # the content of the file that `up` was given
        self.applied_from = Path()
        self.modes: tuple[int, int] = (0, 0)  # of that file's folder, and of the file

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        self.commands.append(args)
        self.folders.add(cwd)
        match args:
            case ["stack", "history", *options]:
                assert "--show-secrets" not in options
                size = int(options[options.index("--page-size") + 1])
                return printed(self.history[: size or None])
            case ["stack", "export", "--stack", _]:
                return printed({"version": 3, "deployment": self.state})
            case ["stack", "output", *_]:
                return printed({})
            case ["config", "--show-secrets", "--json", "--stack", _]:
                return printed(self.config)
            case ["config", "set", *_]:
                if "config set" in self.failing:
                    raise SlipwayError("read-only file system", where="pulumi config set")
                return printed({})
            case ["up", "--yes", "--skip-preview", *options]:
                assert on_output is not None
                assert on_error is not None
                on_output("Updating (live)")
                if "--config-file" in options:
                    self._note(Path(options[options.index("--config-file") + 1]))
                if "up" in self.failing:
                    on_error("error: update failed")
                    raise create_command_error(CommandResult("", "error: update failed", 255))
                self.history.insert(0, entry(self.applied))
                return CommandResult("", "", 0)
        raise AssertionError(f"an unknown command: pulumi {' '.join(args)}")

    def _note(self, file: Path) -> None:
        self.applied_from = file
        self.applied = yaml.safe_load(file.read_text())["config"]
        self.modes = (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777)

    def changes(self) -> list[list[str]]:
        """The commands that change something, in order."""
        return [each for each in self.commands if each[0] == "up" or each[:2] == ["config", "set"]]


def printed(content: object) -> CommandResult:
    return CommandResult(json.dumps(content), "", 0)
