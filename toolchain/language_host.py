"""The language host, which runs Python programs for the Pulumi CLI.

Pulumi's installer includes it. For a CLI that is built from source, it is built from the last Go
module that contains it; it works with much newer CLIs when it has their script to start programs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from toolchain import golang

NAME = "pulumi-language-python"
EXEC = f"{NAME}-exec"
MODULE = "language-host"
PACKAGE = f"github.com/pulumi/pulumi/sdk/v3/python/cmd/{NAME}"


def build(directory: Path, *, cli_module: str) -> None:
    """Build the language host into `directory`, with the start script of the CLI's release."""
    golang.build(MODULE, PACKAGE, directory / NAME)
    sdk = golang.source(cli_module, "github.com/pulumi/pulumi/sdk/v3")
    shutil.copyfile(sdk / "python" / "cmd" / EXEC, directory / EXEC)
    (directory / EXEC).chmod(0o755)


def beside(cli: Path, search_path: str) -> bool:
    """Whether the CLI at `cli` finds a Python language host: in its folder, or on PATH."""
    return (cli.resolve().parent / NAME).exists() or shutil.which(
        NAME, path=search_path
    ) is not None
