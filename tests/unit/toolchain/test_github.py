"""The GitHub plugin is the only one that is built, so that is what can go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import cleaning, github, golang, network, plugins
from toolchain.errors import ToolchainError
from toolchain.pulumi import Cli


@pytest.fixture
def cli(machine: Machine) -> Cli:
    return Cli(machine.has("pulumi", says="cannot download", exits=1), "3.259.0", "on PATH")


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was built, by a compiler that is quick."""
    flags: list[str] = []

    def build(module: Path, package: str, output: Path, *, ldflags: str) -> None:
        flags.append(ldflags)
        output.write_text("program")

    monkeypatch.setattr(golang, "build", build)
    return flags


def test_without_the_download_site_it_is_built_once(cli: Cli, builds: list[str]) -> None:
    github.install(cli)
    github.install(cli)
    assert builds == ["-X main.version=6.15.0"]
    assert (plugins.directory("github") / "pulumi-resource-github").read_text() == "program"


def test_another_home_takes_the_program_that_is_already_built(
    cli: Cli, builds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.install(cli)
    monkeypatch.setattr(plugins, "home", lambda: tmp_path / "another")
    github.install(cli)
    assert len(builds) == 1
    assert github.installed()


def test_the_official_one_is_preferred(
    cli: Cli, builds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "reachable", lambda url: True)
    monkeypatch.setattr(plugins, "download", lambda cli, name: True)
    github.install(cli)
    assert builds == []


def test_a_failed_build_leaves_nothing_that_looks_installed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ToolchainError("no proxy")

    monkeypatch.setattr(golang, "build", fail)
    with pytest.raises(ToolchainError, match="no proxy"):
        github.install(cli)
    assert not github.installed()
    assert not github.built().exists()


def test_a_clean_up_keeps_the_program_of_this_clone(machine: Machine) -> None:
    assert github.built() in cleaning.in_use()


def test_its_module_has_checksums_and_names_its_go() -> None:
    assert (github.MODULE / "go.sum").read_text().count("h1:") > 100
    assert golang.required(github.MODULE) >= golang.SELF_UPDATING
