"""Where Slipway keeps what is not the project's: the XDG cache folder."""

from __future__ import annotations

import os
from pathlib import Path


def cache(name: str) -> Path:
    """A folder for what can be made again at any time; made if it is missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "slipway" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
