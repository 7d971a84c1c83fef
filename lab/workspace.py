"""The lab's copy of the project's configuration, with a Pulumi backend of its own.

Stack files change while one works (versions, secrets, encryption salts), so the lab's are kept with its
state; the program itself runs from the repository.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from lab import folders, keys, ssh_agent
from lab.command import run

REPOSITORY: Final = Path(__file__).resolve().parent.parent
STACKS: Final = ("staging", "production")
LIMIT: Final = 60.0  # seconds for one command of Pulumi's that touches no server


def folder() -> Path:
    """Where `pulumi` is to be run."""
    return folders.state() / "project"


def environment() -> dict[str, str]:
    """What plain `pulumi` needs to work on the lab."""
    return {
        **ssh_agent.environment(),
        "PULUMI_BACKEND_URL": f"file://{folders.state() / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folders.state() / "passphrase"),
    }


def ensure() -> None:
    """Make what is missing; a stack file that is there keeps every change made to it."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    (folders.state() / "backend").mkdir(mode=0o700, exist_ok=True)
    _write_secret(folders.state() / "passphrase", secrets.token_urlsafe(24))
    project = (REPOSITORY / "Pulumi.yaml").read_text()
    (folder() / "Pulumi.yaml").write_text(f"{project}main: {REPOSITORY}\n")
    for stack in STACKS:
        if not stack_file(stack).exists():
            _create(stack)


def stack_file(stack: str) -> Path:
    """The stack's configuration as the lab has it."""
    return folder() / f"Pulumi.{stack}.yaml"


def pulumi(*arguments: str, stdin: str | None = None, limit: float = LIMIT) -> str:
    """Run `pulumi` on the lab's project and return what it prints. Raises SlipwayError."""
    return run(
        ["pulumi", "--cwd", str(folder()), "--non-interactive", *arguments],
        stdin=stdin,
        limit=limit,
        variables=environment(),
    )


def _create(stack: str) -> None:
    """The stack file comes last: one that is there is whole."""
    draft = folder() / f"draft.{stack}.yaml"
    draft.write_text((REPOSITORY / f"Pulumi.{stack}.yaml").read_text())
    file = ("--stack", stack, "--config-file", str(draft))
    if stack not in {name.removesuffix("*") for name in pulumi("stack", "ls").split()}:
        pulumi("stack", "init", stack)
        stack_file(stack).unlink(missing_ok=True)
    pulumi("config", "set", *file, "known_hosts", str(keys.known_hosts()))
    password = secrets.token_urlsafe(18)
    values = {
        "POSTGRES_PASSWORD": password,
        "DATABASE_URL": f"postgresql://shop:{password}@postgres:5432/shop",
    }
    for name, value in values.items():
        path = ("--secret", "--path", f"slipway:secrets.{name}")
        pulumi("config", "set", *file, *path, stdin=value)
    draft.replace(stack_file(stack))


def _write_secret(file: Path, text: str) -> None:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(text)
