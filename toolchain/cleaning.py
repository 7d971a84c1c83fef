"""Remove from the cache what no clone on this machine has used for 14 days."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from toolchain import actionlint, environment, github, paths, peers, plugins, pulumi, python

PATTERNS = (
    "venv-*",
    "pulumi-official-*",
    "pulumi-built-*",
    "pulumi-home-*",
    "plugin-*",
    "actionlint-*",
    "peer-*",
    "checks-*",
    ".partial-*",
)
UNUSED_DAYS = 14


def in_use() -> list[Path]:
    """The folders of this clone's set-up."""
    ours = [python.directory(), plugins.home(), github.built(), environment.checks()]
    ours += [actionlint.directory(), *peers.directories()]
    cli = pulumi.find()
    if cli and paths.cache() in cli.path.parents:
        ours.append(paths.cache() / cli.path.relative_to(paths.cache()).parts[0])
    return ours


def mark_used() -> None:
    """Touch what this clone uses, so that another clone's clean-up does not remove it."""
    for path in in_use():
        if path.exists():
            os.utime(path)


def unused(now: float) -> list[Path]:
    """Folders of the toolchain that no set-up has used for 14 days before `now` (epoch seconds)."""
    oldest = now - UNUSED_DAYS * 86_400
    folders = (path for pattern in PATTERNS for path in paths.cache().glob(pattern))
    kept = in_use()
    return sorted(f for f in folders if f not in kept and f.stat().st_mtime < oldest)


def clean() -> list[Path]:
    """Remove the unused folders and return them."""
    removed = unused(time.time())
    for folder in removed:
        shutil.rmtree(folder, ignore_errors=True)
    return removed
