"""The environment in which Slipway's commands run, and its form as lines for a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from toolchain import paths, plugins, pulumi, python
from toolchain.errors import ToolchainError

REMEDY = "Run `make setup` first."


def variables() -> dict[str, str]:
    """What differs from the machine's own environment. Raises ToolchainError before a set-up."""
    cli = pulumi.find()
    if not cli or not python.ready():
        raise ToolchainError(
            "the toolchain is not installed", where=str(paths.cache()), remedy=REMEDY
        )
    return {
        "PATH": search_path(cli.path.parent, os.environ.get("PATH", os.defpath)),
        "VIRTUAL_ENV": str(python.directory()),
        "PYTHONPATH": str(paths.REPOSITORY),
        "PULUMI_HOME": str(plugins.home()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A plugin that the set-up didn't install is an error at once, not a download in mid-update.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # Nothing that linters and tests keep lies in the repository.
        "MYPY_CACHE_DIR": str(checks() / "mypy"),
        "RUFF_CACHE_DIR": str(checks() / "ruff"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(checks() / "hypothesis"),
        "PYTEST_ADDOPTS": f"-o cache_dir={shlex.quote(str(checks() / 'pytest'))}",
    }


def checks() -> Path:
    """Where linters and tests keep what they remember of this clone."""
    return paths.cache() / f"checks-{paths.content_key(str(paths.REPOSITORY))}"


def search_path(cli: Path, current: str) -> str:
    """PATH that begins with the environment, the CLI if it is ours, and the repository's `bin`.

    The environment must come before the machine's Python: the language host takes the first one.
    """
    ours = [python.directory() / "bin", paths.REPOSITORY / "bin"]
    if paths.cache() in cli.parents:
        ours.insert(1, cli)
    others = [
        entry
        for entry in current.split(os.pathsep)
        if Path(entry) not in ours and paths.cache() not in Path(entry).parents
    ]
    return os.pathsep.join([*map(str, ours), *others])


def exports(values: Mapping[str, str]) -> str:
    """Lines for `eval`, quoted for any POSIX shell."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join(["unset PYTHONHOME", *lines])


def execute(command: list[str]) -> None:
    """Become `command`, run in this environment. Raises ToolchainError when it can't be started."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONHOME"} | variables()
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise ToolchainError(
            f"cannot run {command[0]}: {error.strerror}",
            remedy="Run `make setup`, and check the spelling.",
        ) from error
