"""Packs the agent for the servers: one zip application, the same bytes for the same sources."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip file can hold
# Python keeps no bytecode of modules in an archive: compiling them is half of the time of a step
# that has little to do. The installation unpacks them beside it, see components/server.py.
START = """\
import sys
from pathlib import Path

unpacked = Path(sys.argv[0]).resolve().with_suffix("")
if unpacked.is_dir():
    sys.path.insert(0, str(unpacked))

from slipway.agent.__main__ import main

sys.exit(main(sys.argv[1:]))
"""


def build(target_dir: Path) -> Path:
    """Write `agent-HASH.pyz` into an existing folder, unless it is there, and return its path."""
    content = _content()
    target = target_dir / f"agent-{_digest(content)}.pyz"
    if not target.exists():
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(target)
    return target


def digest() -> str:
    """What tells one agent from another: 12 hexadecimal digits of its content's SHA-256."""
    return _digest(_content())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _content() -> bytes:
    package = ROOT / "slipway"
    sources = [package / "__init__.py", package / "errors.py", package / "values.py"]
    for folder in ("agent", "release"):
        sources += [
            path for path in (package / folder).rglob("*.py") if path != Path(__file__).resolve()
        ]
    files = {str(path.relative_to(ROOT)): path.read_bytes() for path in sources}
    files["__main__.py"] = START.encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
