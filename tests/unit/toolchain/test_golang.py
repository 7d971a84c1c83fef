from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import golang, process
from toolchain.errors import ToolchainError


def test_a_go_that_can_fetch_the_needed_one_will_do(machine: Machine) -> None:
    go = machine.has("go", says="go1.22.3")
    assert golang.compiler((1, 25, 11)) == str(go)


def test_a_go_that_cannot_update_itself_is_refused_with_what_to_install(machine: Machine) -> None:
    machine.has("go", says="go1.19.8")
    with pytest.raises(ToolchainError, match=r"go1\.19\.8 is too old") as failure:
        golang.compiler((1, 25, 11))
    assert "Install Go 1.25.11 or newer" in failure.value.remedy


def test_a_program_is_built_as_its_module_pins_it_and_told_its_version(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(golang, "compiler", lambda needed: "go")
    monkeypatch.setattr(process, "run", lambda command, **_: commands.append(command))
    golang.build("pulumi-cli", "./cmd", Path("/cache/program"), ldflags="-X main.version=1.2.3")
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", "-X main.version=1.2.3"]
    assert commands == [["go", "build", *flags, "-o", "/cache/program", "./cmd"]]


@pytest.mark.parametrize("module", ["pulumi-cli", "language-host"])
def test_every_module_has_checksums_and_names_its_go(module: str) -> None:
    assert (golang.MODULES / module / "go.sum").read_text().count("h1:") > 100
    assert golang.required(module) >= golang.SELF_UPDATING
