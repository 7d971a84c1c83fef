"""Where Slipway keeps what is not the project's: the user's cache and state folders."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_state_path

APPLICATION = "slipway"


def cache(name: str) -> Path:
    """A folder for what can be made again at any time; made if it is missing."""
    return _made(user_cache_path(APPLICATION) / name)


def state(name: str) -> Path:
    """A folder for what people may want to read later; made if it is missing."""
    return _made(user_state_path(APPLICATION) / name)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
