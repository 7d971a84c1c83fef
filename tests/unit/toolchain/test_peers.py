from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import cleaning, golang, peers


def test_a_program_is_built_once_and_kept(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def build(module: Path, package: str, output: Path) -> None:
        built.append(f"{module.name}: {package}")
        output.touch()

    monkeypatch.setattr(golang, "build", build)
    program = peers.program("hello")
    assert peers.program("hello") == program
    assert (built, program.exists()) == (["hello: ."], True)
    assert cleaning.clean() == []


def test_every_program_has_a_module_that_pins_what_it_is_built_from() -> None:
    for name, package in peers.PACKAGES.items():
        pinned = (peers.source(name) / "go.mod").read_text()
        assert package == "." or f"tool {package}\n" in pinned
