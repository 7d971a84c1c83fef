from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths


def test_files_lie_in_the_folders_that_xdg_variables_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}/cache")
    monkeypatch.setenv("XDG_STATE_HOME", f"{tmp_path}/state")
    assert paths.cache() == tmp_path / "cache/slipway/lab"
    assert paths.state() == tmp_path / "state/slipway/lab"


def test_without_the_variables_files_lie_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.cache() == tmp_path / ".cache/slipway/lab"
    assert paths.state() == tmp_path / ".local/state/slipway/lab"
