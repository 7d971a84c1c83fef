"""The language host, which runs Python programs for the Pulumi CLI.

Pulumi's own CLI brings one along. Beside a CLI built from source stands the last one that is served
as part of a Go module; it works with far newer CLIs once it has their script that starts programs.
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
    """Put the language host into `directory`, with the start script of the CLI's own release."""
    golang.build(MODULE, PACKAGE, directory / NAME)
    sdk = golang.source(cli_module, "github.com/pulumi/pulumi/sdk/v3")
    shutil.copyfile(sdk / "python" / "cmd" / EXEC, directory / EXEC)
    (directory / EXEC).chmod(0o755)


def beside(cli: Path, search_path: str) -> bool:
    """Whether the CLI at `cli` finds a Python language host: next to itself, or on PATH."""
    return (cli.resolve().parent / NAME).exists() or shutil.which(
        NAME, path=search_path
    ) is not None
