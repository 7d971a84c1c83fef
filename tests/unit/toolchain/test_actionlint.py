from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.toolchain.conftest import Machine
from toolchain import actionlint, cleaning, golang


def test_it_is_built_once_and_kept(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Path] = []

    def build(module: str, package: str, output: Path) -> None:
        built.append(output)
        output.touch()

    monkeypatch.setattr(golang, "build", build)
    program = actionlint.install()
    assert actionlint.install() == program
    assert (len(built), program.exists()) == (1, True)
    assert cleaning.clean() == []
