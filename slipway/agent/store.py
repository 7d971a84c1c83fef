"""The folder that holds all that the agent keeps about one application, and how it is written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.errors import SlipwayError
from slipway.release.state import State

JOURNAL_BYTES = 4 * 1024 * 1024  # then it is rotated once: two files at most


class Store:
    """`~/.slipway/APPLICATION/`: state.json, lock.json, journal.jsonl and proxy/."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proxy = folder / "proxy"

    def prepare(self) -> None:
        """Make the folder, readable by nobody else. Raises SlipwayError where that is refused."""
        try:
            self.folder.parent.mkdir(mode=0o700, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise SlipwayError(
                f"the state folder cannot be written: {error.strerror}",
                where=str(self.folder),
                remedy="Give it to the user that deploys",
            ) from error

    def state(self) -> State:
        """Raises SlipwayError for a state that cannot be read."""
        data = self.read("state.json")
        try:
            return State.from_dict(data) if data else State()
        except (KeyError, TypeError) as error:
            raise SlipwayError(
                f"the state cannot be understood: {error!r}",
                where=str(self.folder / "state.json"),
                remedy="Deploy with the version of Slipway that wrote it",
            ) from error

    def keep(self, state: State) -> None:
        self.write("state.json", state.to_dict())

    def read(self, name: str) -> dict[str, Any]:
        """The object in a file of the folder; empty when there is no such file."""
        path = self.folder / name
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise SlipwayError(f"cannot be read: {error}", where=str(path)) from error
        return found

    def write(self, name: str, value: Mapping[str, Any]) -> None:
        replace_file(self.folder / name, json.dumps(value, sort_keys=True), 0o600)

    def append(self, entry: Mapping[str, Any]) -> None:
        """One line in the journal, on disk when this returns. Raises OSError."""
        path = self.folder / "journal.jsonl"
        if path.exists() and path.stat().st_size > JOURNAL_BYTES:
            path.replace(path.with_suffix(".old.jsonl"))
        _append(path, json.dumps(entry, sort_keys=True).encode() + b"\n")


def _append(path: Path, line: bytes) -> None:
    """A disk that fills up may leave a part of a line: the next one does not go on in it."""
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
    """All of the new content or all of the old one, whatever happens. Raises SlipwayError."""
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
            f"cannot be written: {error.strerror}", where=str(path), remedy="Free some disk"
        ) from error
