"""The Pulumi project in the current folder, and its stacks by the Automation API."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import CommandResult, LocalWorkspace, OnOutput, PulumiCommand, Stack

from slipway import go_yaml, process
from slipway.errors import SlipwayError

READ_LIMIT = 60.0  # seconds for a command that changes nothing
NOT_INSTALLED = "Install Pulumi's command line, or run `make setup`"


class Cli(PulumiCommand):
    """Pulumi's command line for the Automation API, which itself has no time limits.

    Every command except an update gets a time limit, and its error is Pulumi's own message. The
    output of an update is shown as it runs; each of its steps has its own limit.
    """

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Raises SlipwayError; for an update that failed, the API's CommandError."""
        if on_output is not None:
            return super().run(args, cwd, additional_env, on_output, on_error)
        done = process.run(
            [self.command, "--non-interactive", *args],
            limit=READ_LIMIT,
            folder=cwd,
            environment={**os.environ, **additional_env},
            remedy=NOT_INSTALLED,
        )
        if done.returncode:
            message = done.stderr.strip().removeprefix("error: ")
            raise SlipwayError(message, where=f"pulumi {' '.join(args[:2])}")
        return CommandResult(done.stdout, done.stderr, done.returncode)


class Workspace(LocalWorkspace):
    """The project's folder; opening a stack does not change which stack is selected."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: every command names its stack, and fails for one that does not exist."""


def open_stack(name: str) -> Stack:
    """A stack of the project. Raises SlipwayError without a project or without Pulumi."""
    folder = project_file().parent
    try:
        command = Cli()
    except FileNotFoundError:
        raise SlipwayError("it is not installed", where="pulumi", remedy=NOT_INSTALLED) from None
    except automation.InvalidVersionError as error:
        raise SlipwayError(str(error), where="pulumi", remedy=NOT_INSTALLED) from None
    return Stack.select(name, Workspace(work_dir=str(folder), pulumi_command=command))


def configuration(stack: Stack) -> dict[str, str]:
    """The stack's keys in the project's namespace, decrypted; objects are JSON text.

    Raises SlipwayError for a stack that does not exist or whose secrets cannot be decrypted.
    """
    prefix = f"{project_name()}:"
    return {
        key.removeprefix(prefix): entry.value
        for key, entry in stack.get_all_config().items()
        if key.startswith(prefix)
    }


def project_file() -> Path:
    """The nearest Pulumi.yaml in this folder or above, as Pulumi finds it. Raises SlipwayError."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder / "Pulumi.yaml"
    raise SlipwayError(
        "there is no Pulumi.yaml", where=str(here), remedy="Change to the project's folder"
    )


def project_name() -> str:
    """The project's name, which is the namespace of its configuration."""
    return str(read(project_file())["name"])


def program_folder() -> Path:
    """The program's folder; relative paths in the settings start here."""
    file = project_file()
    return file.parent / (read(file).get("main") or "")


def stack_file(stack: str) -> Path:
    """The stack's configuration file. Raises SlipwayError for a stack that has none."""
    path = project_file().with_name(f"Pulumi.{stack}.yaml")
    if not path.is_file():
        raise SlipwayError("there is no such stack file", where=str(path), remedy="Check --stack")
    return path


def read(file: Path) -> dict[str, Any]:
    """The object in a project or stack file; empty for an empty file."""
    return go_yaml.load(file.read_text()) or {}
