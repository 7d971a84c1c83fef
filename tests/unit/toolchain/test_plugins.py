from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import network, plugins, python, versions
from toolchain.errors import ToolchainError
from toolchain.pulumi import Cli


@pytest.fixture
def sources(tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sources"
    for name in versions.PLUGINS:
        (folder / name).mkdir(parents=True)
        (folder / name / "__main__.py").write_text(
            f"import sys, fakes; print('{name}', fakes.__file__, *sys.argv[1:])"
        )
    monkeypatch.setattr(plugins, "SOURCES", folder)
    monkeypatch.setattr(python, "interpreter", lambda: Path(sys.executable))
    return folder


@pytest.fixture
def cli(machine: Machine) -> Cli:
    return Cli(machine.has("pulumi", says="cannot download", exits=1), "3.259.0", "on PATH")


@pytest.mark.usefixtures("sources")
def test_without_the_download_site_the_offline_plugins_are_installed(cli: Cli) -> None:
    assert plugins.missing() == sorted(versions.PLUGINS)
    plugins.install(cli)
    assert plugins.missing() == []


@pytest.mark.usefixtures("sources")
def test_a_download_that_fails_leads_to_the_offline_plugin(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(network, "reachable", lambda url: True)
    plugins.install(cli)
    assert plugins.missing() == []
    assert "cannot download" in capsys.readouterr().err


@pytest.mark.usefixtures("sources")
def test_a_plugin_runs_its_own_copy_wherever_it_is_started(cli: Cli, tmp_path: Path) -> None:
    plugins.install(cli)
    (tmp_path / "fakes").mkdir()
    (tmp_path / "fakes" / "__init__.py").write_text("raise SystemExit('the wrong fakes')")
    program = plugins.directory("docker") / "pulumi-resource-docker"
    answer = subprocess.run(
        [program, "127.0.0.1:9"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert answer.stdout.split() == [
        "docker",
        str(plugins.directory("docker") / "fakes" / "__init__.py"),
        "127.0.0.1:9",
    ]


def test_a_changed_plugin_has_another_home(sources: Path) -> None:
    before = plugins.home()
    (sources / "docker" / "extra.py").touch()
    assert plugins.home() != before


def test_compiled_files_do_not_change_the_home(sources: Path) -> None:
    before = plugins.home()
    (sources / "docker" / "__pycache__").mkdir()
    (sources / "docker" / "__pycache__" / "x.pyc").touch()
    assert plugins.home() == before


@pytest.mark.usefixtures("sources")
def test_an_interrupted_download_does_not_count(cli: Cli) -> None:
    plugins.install(cli)
    Path(f"{plugins.directory('command')}.partial").touch()
    assert plugins.missing() == ["command"]
    plugins.install(cli)
    assert plugins.missing() == []


def test_a_plugin_that_cannot_be_had_is_named_with_its_remedy(sources: Path, cli: Cli) -> None:
    (sources / "docker" / "__main__.py").unlink()
    with pytest.raises(ToolchainError, match="no offline plugin for docker") as failure:
        plugins.install(cli)
    assert (
        f"pulumi plugin install resource docker v{versions.PLUGINS['docker']}"
        in failure.value.remedy
    )
