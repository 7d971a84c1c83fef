"""The GitHub plugin, for stacks that manage GitHub: downloaded, or else built.

Where the download site can't be reached, the same provider is built from its Go modules. That takes
about 4 minutes, so only `make github` does it, not `make setup`.
"""

from __future__ import annotations

import os
from pathlib import Path

from toolchain import golang, paths, plugins, progress, versions
from toolchain.pulumi import Cli

NAME = "github"
PROGRAM = f"pulumi-resource-{NAME}"
MODULE = golang.MODULES / "github-plugin"


def installed() -> bool:
    """Whether the Pulumi CLI finds the plugin."""
    return plugins.present(NAME)


def install(cli: Cli) -> None:
    """Install it if it is missing. Raises ToolchainError when it can't be downloaded or built."""
    if not installed() and not plugins.download(cli, NAME):
        if not (built() / PROGRAM).exists():
            _build()
        _link()


def built() -> Path:
    """The folder of the program built from these sources, outside PULUMI_HOME."""
    sources = sorted(path for path in MODULE.iterdir() if path.is_file())
    version = versions.ON_DEMAND[NAME]
    return paths.cache() / f"plugin-{NAME}-{version}-{paths.content_key(*sources)}"


def _build() -> None:
    version = versions.ON_DEMAND[NAME]
    progress.step("plugins", f"{NAME} {version}: building from source (about 4 minutes)")
    with paths.built_aside(built()) as aside:
        ldflags = f"-X main.version={version}"
        golang.build(MODULE, ".", aside / PROGRAM, ldflags=ldflags)


def _link() -> None:
    """Hard-link the program, which is large, to where the CLI looks for it."""
    plugins.clear(NAME)
    with paths.built_aside(plugins.directory(NAME)) as aside:
        os.link(built() / PROGRAM, aside / PROGRAM)
