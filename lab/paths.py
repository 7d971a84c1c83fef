"""Where the lab keeps its files: the user's cache and state folders, never the repository."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_state_path


def cache() -> Path:
    """Built images; safe to delete, but it takes minutes to build them again."""
    return _made(user_cache_path("slipway") / "lab")


def state() -> Path:
    """Keys, the socket of the SSH agent, the engine's process id; readable by their owner only."""
    return _made(user_state_path("slipway") / "lab")


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
