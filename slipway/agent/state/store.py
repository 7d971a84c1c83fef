"""The folder with the agent's files of one environment."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional, TypeVar

from slipway.errors import SlipwayError
from slipway.protocol.codec import from_json, to_json
from slipway.rollout.state import State

Value = TypeVar("Value")

FORMAT = 5
"""The format of all files here; every change of their content increases it."""
JOURNAL_BYTES = 4 * 1024 * 1024  # then it is rotated once: two files at most


class Store:
    """`~/.slipway/APPLICATION/ENVIRONMENT/`: state.json, lock.json, journal.jsonl and proxy/."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proxy = folder / "proxy"

    def prepare(self) -> None:
        """Create the folder, readable only by its owner. Raises SlipwayError when that fails."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise SlipwayError(
                f"the state folder cannot be written: {error.strerror}",
                where=str(self.folder),
                remedy="Make the deploy user its owner",
            ) from error

    def state(self) -> State:
        """Raises SlipwayError for a state that cannot be read, or has another format."""
        return self.load("state.json", State) or State()

    def has_state(self) -> bool:
        """Whether there is a state, whatever is in it."""
        return (self.folder / "state.json").exists()

    def keep(self, state: State) -> None:
        self.save("state.json", state)

    def load(self, name: str, kind: type[Value]) -> Optional[Value]:
        """The dataclass in a file of the folder; None when there is no such file.

        Raises SlipwayError for one that cannot be read, or has another format.
        """
        path = self.folder / name
        try:
            data = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SlipwayError(f"cannot be read: {error}", where=str(path)) from error
        found = data.get("format") if isinstance(data, dict) else None
        if found != FORMAT:
            raise SlipwayError(
                f"it has format {found} instead of {FORMAT}",
                where=str(path),
                remedy="Deploy with the version of Slipway that wrote it, or remove the"
                f" application's containers and {self.folder} to start again",
            )
        return from_json(kind, data.get("content"), str(path))

    def save(self, name: str, value: Any) -> None:
        """Write a dataclass to a file; it is on disk when this returns. Raises SlipwayError."""
        text = json.dumps({"format": FORMAT, "content": to_json(value)}, sort_keys=True)
        replace_file(self.folder / name, text, 0o600)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add a line to the journal; it is on disk when this returns. Raises OSError."""
        path = self.folder / "journal.jsonl"
        if path.exists() and path.stat().st_size > JOURNAL_BYTES:
            path.replace(path.with_suffix(".old.jsonl"))
        _append(path, json.dumps(entry, sort_keys=True).encode() + b"\n")


def _append(path: Path, line: bytes) -> None:
    """After a part of a line, which a full disk may leave, the next entry starts a new line."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line
        if os.write(handle, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fdatasync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, text: str, mode: int) -> None:
    """Replace a file atomically. Raises SlipwayError."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "w") as file:
            os.fchmod(handle, mode)
            file.write(text)
            file.flush()
            os.fsync(handle)
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise SlipwayError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="Free disk space"
        ) from error
