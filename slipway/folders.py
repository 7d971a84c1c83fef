"""Where Slipway keeps what is not the project's: the XDG cache and state folders."""

from __future__ import annotations

import os
from pathlib import Path


def cache(name: str) -> Path:
    """A folder for what can be made again at any time; made if it is missing."""
    return _made("XDG_CACHE_HOME", ".cache", name)


def state(name: str) -> Path:
    """A folder for what people may want to read later; made if it is missing."""
    return _made("XDG_STATE_HOME", ".local/state", name)


def _made(variable: str, default: str, name: str) -> Path:
    folder = Path(os.environ.get(variable) or Path.home() / default) / "slipway" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
