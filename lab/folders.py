"""Where the lab keeps its files: the XDG folders, never the repository."""

from __future__ import annotations

import os
from pathlib import Path


def cache() -> Path:
    """Built images; safe to delete, costs minutes to make again."""
    return _made(_base("XDG_CACHE_HOME", ".cache") / "lab")


def state() -> Path:
    """Keys, the agent's socket, the engine's process id; readable by their owner only."""
    return _made(_base("XDG_STATE_HOME", ".local/state") / "lab")


def _base(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default) / "slipway"


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
