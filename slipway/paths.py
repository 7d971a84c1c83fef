"""The user's cache and state folders of Slipway, outside the project."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_state_path

APPLICATION = "slipway"


def cache(name: str) -> Path:
    """A folder for files that can be made again at any time; made if it is missing."""
    return _made(user_cache_path(APPLICATION) / name)


def state(name: str) -> Path:
    """A folder for files that people may want to read later; made if it is missing."""
    return _made(user_state_path(APPLICATION) / name)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
