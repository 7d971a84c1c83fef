"""A copy of the project's configuration for the lab, with a Pulumi backend of its own.

Stack files change with use (versions, secrets, encryption salts), so the lab keeps its copies
outside the repository; the program runs from the repository.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from lab import keys, paths, ssh_agent
from lab.command import attempt, run, start

REPOSITORY: Final = Path(__file__).resolve().parent.parent
STACKS: Final = ("staging", "production")
LIMIT: Final = 60.0  # seconds for a command that touches no server
UPDATE_LIMIT: Final = 600.0  # seconds for one update


@dataclass(frozen=True)
class Workspace:
    """A folder with the project, its stack files and its state."""

    root: Path

    @property
    def project(self) -> Path:
        """Where `pulumi` is to be run."""
        return self.root / "project"

    def environment(self) -> dict[str, str]:
        """The variables that plain `pulumi` needs to work on the lab."""
        return {
            **ssh_agent.environment(),
            "PULUMI_BACKEND_URL": f"file://{self.root / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.root / "passphrase"),
        }

    def ensure(self) -> None:
        """Make what is missing; an existing stack file keeps every change made to it."""
        self.project.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.root / "backend").mkdir(mode=0o700, exist_ok=True)
        passphrase = self.root / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(24))
        project = (REPOSITORY / "Pulumi.yaml").read_text()
        (self.project / "Pulumi.yaml").write_text(f"{project}main: {REPOSITORY}\n")
        if missing := [stack for stack in STACKS if not self.stack_file(stack).exists()]:
            known = {name.removesuffix("*") for name in self.pulumi("stack", "ls").split()}
            for stack in missing:
                self._create(stack, known=stack in known)

    def stack_file(self, stack: str) -> Path:
        """The stack's configuration."""
        return self.project / f"Pulumi.{stack}.yaml"

    def configure(self, stack: str, **values: Any) -> None:
        """Set keys of the project's namespace in the stack file; objects are replaced."""
        file = self.stack_file(stack)
        draft = file.with_suffix(".partial")
        draft.write_text(_with(file, values))
        draft.replace(file)

    def pulumi(self, *arguments: str, stdin: str | None = None, limit: float = LIMIT) -> str:
        """Run `pulumi` and return its output. Raises SlipwayError when it fails."""
        return run(self._command(arguments), stdin=stdin, limit=limit, variables=self.environment())

    def attempt(
        self, *arguments: str, limit: float = UPDATE_LIMIT
    ) -> subprocess.CompletedProcess[str]:
        """Run `pulumi`, whatever its exit status; `limit` in seconds."""
        return attempt(self._command(arguments), limit=limit, variables=self.environment())

    def start(self, *arguments: str, own_session: bool = False) -> subprocess.Popen[str]:
        """Start `pulumi`, as `lab.command.start` does; the caller reads its output."""
        command = self._command(arguments)
        return start(command, variables=self.environment(), own_session=own_session)

    def run(self, *command: str, limit: float) -> str:
        """Run any other command in the project's folder. Raises SlipwayError when it fails."""
        return run(command, limit=limit, variables=self.environment(), folder=self.project)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return ["pulumi", "--cwd", str(self.project), "--non-interactive", *arguments]

    def _create(self, stack: str, *, known: bool) -> None:
        """Create a stack; its file is written last, so that an existing one is complete."""
        draft = self.project / f"draft.{stack}.yaml"
        given = {"known_hosts": str(keys.known_hosts())}
        draft.write_text(_with(REPOSITORY / f"Pulumi.{stack}.yaml", given))
        file = ("--stack", stack, "--config-file", str(draft))
        if not known:
            self.pulumi("stack", "init", stack)
            self.stack_file(stack).unlink(missing_ok=True)
        password = secrets.token_urlsafe(18)
        values = {
            "POSTGRES_PASSWORD": password,
            "DATABASE_URL": f"postgresql://shop:{password}@postgres:5432/shop",
        }
        for name, value in values.items():
            path = ("--secret", "--path", f"slipway:secrets.{name}")
            self.pulumi("config", "set", *file, *path, stdin=value)
        draft.replace(self.stack_file(stack))


def _with(file: Path, values: Mapping[str, Any]) -> str:
    """A stack file's text with keys of the project's namespace set; objects are replaced."""
    content = yaml.safe_load(file.read_text())
    content["config"] |= {f"slipway:{key}": value for key, value in values.items()}
    return yaml.safe_dump(content, sort_keys=False)


def default() -> Workspace:
    """The one that the demo and `slipway lab env` use."""
    return Workspace(paths.state())
