"""The environment variables for Slipway's commands, also as lines for a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from toolchain import paths, plugins, pulumi, python
from toolchain.errors import ToolchainError

REMEDY = "Run `make setup` first."


def variables() -> dict[str, str]:
    """The variables to set. Raises ToolchainError before a set-up."""
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
        # A plugin that is not installed is an error at once, not a download during an update.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # Caches of linters and tests are outside the repository.
        "MYPY_CACHE_DIR": str(checks() / "mypy"),
        "RUFF_CACHE_DIR": str(checks() / "ruff"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(checks() / "hypothesis"),
        "PYTEST_ADDOPTS": f"-o cache_dir={shlex.quote(str(checks() / 'pytest'))}",
    }


def checks() -> Path:
    """The caches of linters and tests for this clone."""
    return paths.cache() / f"checks-{paths.content_key(str(paths.REPOSITORY))}"


def search_path(cli: Path, current: str) -> str:
    """PATH with the environment first, the CLI if it is in the cache, and the repository's `bin`.

    The environment must come before the machine's Python: the language host uses the first one.
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
    """Replace this process by `command` in this environment. Raises ToolchainError."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONHOME"} | variables()
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise ToolchainError(
            f"cannot run {command[0]}: {error.strerror}",
            remedy="Run `make setup`, and check the spelling.",
        ) from error
