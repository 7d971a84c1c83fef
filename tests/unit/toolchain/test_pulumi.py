from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import golang, language_host, process, pulumi, versions
from toolchain.errors import ToolchainError


@pytest.mark.parametrize("version", ["v3.259.0", "3.259.0", "v3.300.1-alpha.1+dirty", "v4.0.0"])
def test_a_cli_as_new_as_the_oldest_one_will_do(version: str) -> None:
    assert pulumi.unfit(version) == ""


def test_an_older_cli_is_refused_with_both_versions() -> None:
    assert pulumi.unfit("v3.99.0") == f"v3.99.0 is older than {versions.OLDEST_PULUMI}"


def test_a_cli_that_tells_no_version_is_refused() -> None:
    assert pulumi.unfit("") == "it does not report its version"


def test_the_machines_own_cli_comes_first(machine: Machine) -> None:
    own = machine.has("pulumi", says="v3.300.0")
    machine.has(language_host.NAME)
    machine.has("pulumi", folder=pulumi._built_directory())
    assert pulumi.find() == pulumi.Cli(own, "v3.300.0", "on PATH")


def test_a_cli_of_the_machine_without_a_language_host_is_passed_over(machine: Machine) -> None:
    machine.has("pulumi", says="v3.300.0")
    assert pulumi.find() is None


def test_a_cli_of_the_machine_that_is_too_old_is_passed_over(machine: Machine) -> None:
    machine.has("pulumi", says="v3.100.0")
    machine.has(language_host.NAME)
    ours = machine.has("pulumi", folder=pulumi._built_directory())
    assert pulumi.find() == pulumi.Cli(ours, versions.BUILT_PULUMI, pulumi.BUILT)


def test_a_cli_in_the_cache_is_not_taken_for_the_machines_own(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = machine.has("pulumi", says="v3.259.0", folder=pulumi._built_directory())
    machine.has(language_host.NAME, folder=ours.parent)
    monkeypatch.setenv("PATH", f"{ours.parent}:{machine.programs}")
    found = pulumi.find()
    assert found is not None
    assert found.origin == pulumi.BUILT


def test_an_official_cli_in_the_cache_comes_before_a_built_one(machine: Machine) -> None:
    machine.has("pulumi", folder=pulumi._built_directory())
    machine.has("pulumi", folder=pulumi._official_directory() / "bin")
    found = pulumi.find()
    assert found is not None
    assert found.origin == "official"


def test_without_network_cli_and_go_the_error_says_what_to_install(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match="Go is not installed") as failure:
        pulumi.install()
    assert "Install Go 1.25" in failure.value.remedy
    assert f"Pulumi CLI {versions.OLDEST_PULUMI}" in failure.value.remedy


def test_source_is_fetched_beside_other_work_where_a_build_is_to_come(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    @contextmanager
    def fetching(module: str, package: str) -> Iterator[None]:
        asked.append(f"{module} {package}")
        yield

    monkeypatch.setattr(golang, "fetching", fetching)
    with pulumi.source_fetched():
        assert asked == [f"{pulumi.MODULE} {pulumi.PACKAGE}"]
    monkeypatch.setattr("toolchain.network.reachable", lambda url: True)
    with pulumi.source_fetched():
        pass
    monkeypatch.setattr("toolchain.network.reachable", lambda url: False)
    machine.has("pulumi", folder=pulumi._built_directory())
    with pulumi.source_fetched():
        pass
    assert len(asked) == 1


def test_a_build_that_fails_leaves_nothing_that_counts(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has("go", says="no space left on device", exits=1)
    monkeypatch.setattr(golang, "compiler", lambda needed: str(machine.programs / "go"))
    with pytest.raises(ToolchainError, match="no space left on device"):
        pulumi.install()
    assert pulumi.find() is None
    assert list(machine.cache.iterdir()) == []


def test_a_cli_of_another_version_than_asked_for_is_refused(machine: Machine) -> None:
    cli = machine.has("pulumi", says="v3.1.0")
    with pytest.raises(ToolchainError, match=r"'v3\.1\.0' instead of version 3\.272\.0"):
        pulumi._check(cli, "3.272.0")


def test_an_installer_that_fails_is_reported_and_leads_to_a_build(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise ToolchainError("the site answered 503")

    monkeypatch.setattr("toolchain.network.reachable", lambda url: True)
    monkeypatch.setattr(process, "run", refuse)
    assert pulumi._download() is None
    assert "the site answered 503" in capsys.readouterr().err
