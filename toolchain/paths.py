"""The repository, and the cache folder that all clones on the machine share."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def cache() -> Path:
    """The cache folder; a relative XDG_CACHE_HOME is ignored, as the XDG specification says."""
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".cache"
    return base / "slipway"


def content_key(*parts: str | bytes | Path) -> str:
    """A short hash of this content and the machine's architecture.

    Of a path the file's content counts, so that two clones with equal files get the same key.
    """
    digest = hashlib.sha256(platform.machine().encode())
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part
        content = content.encode() if isinstance(content, str) else content
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]


@contextmanager
def built_aside(target: Path) -> Iterator[Path]:
    """An empty folder that is renamed to `target` if the body ends without an error.

    So what a killed run leaves is never used as if it were complete.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".partial-{target.name}-", dir=target.parent))
    try:
        yield aside
        aside.chmod(0o755)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
