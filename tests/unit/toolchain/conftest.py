"""A machine of one's own: an empty PATH, an empty cache, no network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from toolchain import golang, network, pulumi


@dataclass(frozen=True)
class Machine:
    programs: Path
    cache: Path

    def has(self, name: str, says: str = "", exits: int = 0, folder: Path | None = None) -> Path:
        """Put a program on this machine (on PATH, unless a folder is given)."""
        program = (folder or self.programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho '{says}'\nexit {exits}\n")
        program.chmod(0o755)
        return program


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(network, "reachable", lambda url: False)
    monkeypatch.setattr(golang, "USUAL_FOLDER", str(programs))
    pulumi._on_path.cache_clear()
    golang.compiler.cache_clear()
    return Machine(programs, tmp_path / "cache" / "slipway")
