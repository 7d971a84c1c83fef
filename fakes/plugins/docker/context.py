"""The digest of a build context, which shows changed files as a difference."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..resource import PluginError
from .ignore import IgnoreFile


def context_digest(context: Path, dockerfile: Path) -> str:
    """SHA-256 over every file's name, mode and content, the Dockerfile first.

    Names and modes count, so a rename or a chmod is a change; files that `.dockerignore` excludes
    do not. A symbolic link counts by its target. Raises PluginError.
    """
    ignored = IgnoreFile.beside(context, dockerfile)
    whole = hashlib.sha256()
    try:
        # For the builder the Dockerfile's name and place do not matter.
        whole.update(_entry(dockerfile, "Dockerfile", "----------"))
        for path in _files(context):
            name = path.relative_to(context).as_posix()
            if not ignored.excludes(name):
                whole.update(_entry(path, name, _mode(path)))
    except OSError as error:
        raise PluginError(f"unable to hash build context: {error}") from error
    return whole.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_symlink() or path.is_file():
            yield path


def _entry(path: Path, name: str, mode: str) -> bytes:
    content = os.path.realpath(path).encode() if path.is_symlink() else path.read_bytes()
    return name.encode() + mode.encode() + hashlib.sha256(content).digest() + b"\0"


def _mode(path: Path) -> str:
    mode = stat.filemode(path.lstat().st_mode)
    return f"L{mode[1:]}" if mode.startswith("l") else mode
