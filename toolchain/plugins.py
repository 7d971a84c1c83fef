"""Provider plugins, in a PULUMI_HOME in the cache: the official ones, or else the offline ones.

An offline plugin is a copy of `fakes/plugins`. The folder is named by a hash of its content, so a
clone with other sources has another one, and a running update keeps the plugins it started with.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from toolchain import network, paths, process, progress, python, versions
from toolchain.errors import ToolchainError
from toolchain.pulumi import Cli

SOURCES = paths.REPOSITORY / "fakes" / "plugins"
DOWNLOAD_LIMIT = 120.0

PROGRAM = """\
#!/bin/sh
exec {python} "$(dirname "$0")" "$@"
"""

MAIN = """\
\"\"\"Starts the offline plugin in this folder.\"\"\"

import runpy

runpy.run_module("fakes.plugins.{name}", run_name="__main__", alter_sys=True)
"""


def home() -> Path:
    """The PULUMI_HOME for these plugin sources, this environment and these versions."""
    sources = [part for path in sources_of() for part in (str(path.relative_to(SOURCES)), path)]
    key = paths.content_key(
        str(python.directory()), repr(sorted(versions.PLUGINS.items())), *sources
    )
    return paths.cache() / f"pulumi-home-{key}"


def sources_of() -> list[Path]:
    """The files that make up the offline plugins."""
    files = (path for path in SOURCES.rglob("*") if path.is_file())
    return sorted(path for path in files if "__pycache__" not in path.parts)


def directory(name: str) -> Path:
    """Where the Pulumi CLI looks for a plugin."""
    return home() / "plugins" / f"resource-{name}-v{_version(name)}"


def missing() -> list[str]:
    """Plugins that are not installed completely."""
    return [name for name in versions.PLUGINS if not present(name)]


def present(name: str) -> bool:
    """Whether a plugin is completely installed; the CLI marks an unfinished download."""
    return directory(name).is_dir() and not Path(f"{directory(name)}.partial").exists()


def install(cli: Cli) -> None:
    """Install what is missing. Raises ToolchainError for a plugin that is not available."""
    for name in missing():
        if not download(cli, name):
            copy(name)


def download(cli: Cli, name: str) -> bool:
    """Install the official plugin; False when that is not possible."""
    version = _version(name)
    if not network.reachable(network.PULUMI_SITE):
        progress.step("plugins", f"{name} {version}: can't reach the download site")
        return False
    progress.step("plugins", f"{name} {version}: downloading")
    try:
        process.run(
            [str(cli.path), "plugin", "install", "resource", name, f"v{version}"],
            limit=DOWNLOAD_LIMIT,
            env={"PULUMI_HOME": str(home()), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except ToolchainError as error:
        progress.step("plugins", f"{name} {version}: can't be downloaded\n{error}")
        return False
    return present(name)


def _version(name: str) -> str:
    return {**versions.PLUGINS, **versions.ON_DEMAND}[name]


def clear(name: str) -> None:
    """Remove what an interrupted installation left."""
    shutil.rmtree(directory(name), ignore_errors=True)
    Path(f"{directory(name)}.partial").unlink(missing_ok=True)


def copy(name: str) -> None:
    """Install an offline plugin where the CLI looks for the official one."""
    if not (SOURCES / name / "__main__.py").is_file():
        raise ToolchainError(
            f"there is no offline plugin for {name}",
            where=str(SOURCES / name),
            remedy=f"Install the official one: pulumi plugin install resource {name}"
            f" v{versions.PLUGINS[name]} (PULUMI_HOME={home()})",
        )
    progress.step("plugins", f"{name} {_version(name)}: using the offline one")
    clear(name)
    target = directory(name)
    with paths.built_aside(target) as aside:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SOURCES, aside / "fakes" / "plugins", ignore=ignored)
        # A package: another `fakes` on the path would take precedence over a namespace package.
        (aside / "fakes" / "__init__.py").touch()
        (aside / "__main__.py").write_text(MAIN.format(name=name))
        program = aside / f"pulumi-resource-{name}"
        program.write_text(PROGRAM.format(python=shlex.quote(str(python.interpreter()))))
        program.chmod(0o755)
