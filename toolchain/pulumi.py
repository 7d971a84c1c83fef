"""The Pulumi CLI: on PATH if new enough, or by Pulumi's installer, or built from source."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from toolchain import golang, language_host, network, paths, process, progress, python, versions
from toolchain.errors import ToolchainError

MODULE = "pulumi-cli"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
ANSWER_LIMIT = 30.0
DOWNLOAD_LIMIT = 300.0
BUILT = "built from source"

INSTALLER = (
    "import sys; from pulumi.automation import PulumiCommand as P; P.install(root=sys.argv[1])"
)


@dataclass(frozen=True)
class Cli:
    """A Pulumi CLI with its Python language host."""

    path: Path
    version: str
    origin: str

    def __str__(self) -> str:
        return f"{self.version} ({self.origin}) {self.path}"


def find() -> Cli | None:
    """The CLI to use, or None when one must be installed first."""
    return on_path() or official() or built()


def install() -> Cli:
    """The CLI to use, installed first if necessary. Raises ToolchainError when that fails."""
    if cli := find():
        return cli
    _, fault = _on_path()
    if fault:
        progress.step("pulumi", fault)
    if cli := _download():
        return cli
    _build()
    return Cli(_built_directory() / "pulumi", versions.BUILT_PULUMI, BUILT)


@contextmanager
def source_fetched() -> Iterator[None]:
    """If a build from source will follow, fetch what it needs while the body runs."""
    if find() or network.reachable(network.PULUMI_SITE):
        yield
        return
    progress.step("pulumi", f"fetching the source of {versions.BUILT_PULUMI}")
    with golang.fetching(MODULE, PACKAGE):
        yield


def on_path() -> Cli | None:
    """The CLI on PATH, if it is new enough and can run Python programs."""
    cli, _ = _on_path()
    return cli


def unfit(version: str) -> str:
    """Why a CLI of this version can't be used; empty when it can."""
    try:
        new_enough = versions.parse(version) >= versions.parse(versions.OLDEST_PULUMI)
    except ValueError:
        return "it does not report its version"
    return "" if new_enough else f"{version} is older than {versions.OLDEST_PULUMI}"


def official() -> Cli | None:
    """The CLI that Pulumi's installer put into the cache."""
    return _cached(_official_directory() / "bin", versions.OFFICIAL_PULUMI, "official")


def built() -> Cli | None:
    """The CLI that was built from source into the cache."""
    return _cached(_built_directory(), versions.BUILT_PULUMI, BUILT)


@functools.cache
def _on_path() -> tuple[Cli | None, str]:
    """The CLI on PATH, or why it can't be used."""
    search_path = _path_of_the_machine()
    found = shutil.which("pulumi", path=search_path)
    if not found:
        return None, ""
    version = _version_of(Path(found))
    fault = unfit(version)
    if not fault and not language_host.beside(Path(found), search_path):
        fault = f"it has no {language_host.NAME}"
    if fault:
        return None, f"not using {found}: {fault}"
    return Cli(Path(found), version, "on PATH"), ""


def _path_of_the_machine() -> str:
    """PATH without the folders in the cache, which `env` adds."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(e for e in entries if paths.cache() not in Path(e).parents)


def _version_of(cli: Path) -> str:
    quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        return process.run([str(cli), "version"], limit=ANSWER_LIMIT, env=quiet).strip()
    except ToolchainError:
        return ""


def _cached(directory: Path, version: str, origin: str) -> Cli | None:
    path = directory / "pulumi"
    return Cli(path, version, origin) if path.exists() else None


def _official_directory() -> Path:
    return paths.cache() / f"pulumi-official-{versions.OFFICIAL_PULUMI}-{paths.content_key()}"


def _built_directory() -> Path:
    modules = (golang.MODULES / MODULE, golang.MODULES / language_host.MODULE)
    key = paths.content_key(*(m / name for m in modules for name in ("go.mod", "go.sum")))
    return paths.cache() / f"pulumi-built-{versions.BUILT_PULUMI}-{key}"


def _download() -> Cli | None:
    """Run Pulumi's installer, which is in the Python SDK; None when it can't be done."""
    if not network.reachable(network.PULUMI_SITE):
        progress.step("pulumi", "its download site can't be reached: building from source instead")
        return None
    progress.step("pulumi", f"downloading {versions.OFFICIAL_PULUMI} with Pulumi's installer")
    try:
        with paths.built_aside(_official_directory()) as aside:
            command = [str(python.interpreter()), "-c", INSTALLER, str(aside)]
            process.run(command, limit=DOWNLOAD_LIMIT)
            _check(aside / "bin" / "pulumi", versions.OFFICIAL_PULUMI)
    except ToolchainError as error:
        progress.step("pulumi", f"the installer failed: building from source instead\n{error}")
        return None
    return official()


def _build() -> None:
    progress.step("pulumi", f"building {versions.BUILT_PULUMI} from source (4 to 7 minutes)")
    with paths.built_aside(_built_directory()) as aside:
        ldflags = f"-X {VERSION_VARIABLE}={versions.BUILT_PULUMI}"
        golang.build(MODULE, PACKAGE, aside / "pulumi", ldflags=ldflags)
        _check(aside / "pulumi", versions.BUILT_PULUMI)
        progress.step("pulumi", "building its Python language host (less than a minute)")
        language_host.build(aside, cli_module=MODULE)


def _check(cli: Path, expected: str) -> None:
    version = _version_of(cli)
    if version.removeprefix("v") != expected:
        raise ToolchainError(
            f"it answers {version or 'nothing'!r} instead of version {expected}",
            where=str(cli),
            remedy="Run `make setup` again; if that does not help, install the Pulumi CLI by hand.",
        )
