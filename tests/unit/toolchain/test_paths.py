from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import paths


def test_the_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert paths.cache() == Path("/elsewhere/slipway")


@pytest.mark.parametrize("configured", ["", "relative/folder"])
def test_the_cache_is_in_the_home_folder_without_a_usable_setting(
    configured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", configured)
    monkeypatch.setenv("HOME", "/home/someone")
    assert paths.cache() == Path("/home/someone/.cache/slipway")


def test_equal_files_in_different_folders_have_equal_keys(tmp_path: Path) -> None:
    for clone in ("one", "two"):
        (tmp_path / clone).mkdir()
        (tmp_path / clone / "lock").write_text("same")
    keys = {paths.content_key(tmp_path / clone / "lock") for clone in ("one", "two")}
    assert len(keys) == 1


def test_a_key_tells_apart_what_runs_together_when_joined() -> None:
    assert paths.content_key("ab", "c") != paths.content_key("a", "bc")


def test_what_is_built_aside_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "tool"
    with paths.built_aside(target) as aside:
        (aside / "program").touch()
        assert not target.exists()
    assert (target / "program").exists()


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def build() -> None:
        with paths.built_aside(tmp_path / "tool") as aside:
            (aside / "half").touch()
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        build()
    assert list(tmp_path.iterdir()) == []
