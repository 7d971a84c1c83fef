"""Where the user's own files are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.paths import cache, state


def test_the_cache_lies_where_xdg_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    folder = cache("agent")
    assert folder == tmp_path / "xdg" / "slipway" / "agent"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_people_read_later_lies_where_xdg_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state("incidents") == tmp_path / ".local" / "state" / "slipway" / "incidents"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    folder = state("incidents")
    assert folder == tmp_path / "xdg" / "slipway" / "incidents"
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("value", ["", None])
def test_without_xdg_it_lies_in_the_home_folder(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert cache("agent") == tmp_path / ".cache" / "slipway" / "agent"


def test_a_folder_that_is_there_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (cache("agent") / "kept").touch()
    assert (cache("agent") / "kept").exists()
