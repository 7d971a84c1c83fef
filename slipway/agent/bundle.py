"""Pack the agent for the servers: one zip archive, the same bytes for the same sources."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time in a zip file
FOLDERS = ("agent", "protocol", "rollout")
FILES = ("__init__.py", "errors.py", "strenum.py")
START = """\
import sys

from slipway.agent.__main__ import main

sys.exit(main(sys.argv[1:]))
"""


def build(target_dir: Path) -> Path:
    """Write `agent-HASH.zip` into a folder, unless it exists there, and return its path."""
    content = _content()
    target = target_dir / f"agent-{_digest(content)}.zip"
    if not target.exists():
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(target)
    return target


def digest() -> str:
    """The identity of this agent: 12 hexadecimal digits of its content's SHA-256."""
    return _digest(_content())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _content() -> bytes:
    package = ROOT / "slipway"
    sources = [package / name for name in FILES]
    for folder in FOLDERS:
        sources += [
            path for path in (package / folder).rglob("*.py") if path != Path(__file__).resolve()
        ]
    files = {str(path.relative_to(ROOT)): path.read_bytes() for path in sources}
    files["__main__.py"] = START.encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
