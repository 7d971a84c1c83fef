"""The git commit and branch of an image's source folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from slipway import process
from slipway.errors import SlipwayError

_LIMIT = 10.0  # seconds for one git command
_SHA_LENGTH = 12


@dataclass(frozen=True)
class Source:
    """Empty where the folder is not in a git repository; no branch where its head is detached."""

    commit: str = ""
    branch: str = ""

    def tags(self, version: str) -> dict[str, str]:
        """The image tags in addition to the version, by role: commit, branch and latest."""
        candidates = {
            "sha": f"sha-{self.commit[:_SHA_LENGTH]}" if self.commit else "",
            "branch": re.sub(r"[^A-Za-z0-9_.-]+", "-", self.branch).strip("-.")[:128],
            "latest": "latest",
        }
        return {role: tag for role, tag in candidates.items() if tag and tag != version}


def source(folder: Path) -> Source:
    """The commit and the branch that `folder` is at; read-only."""
    return Source(
        commit=_git(folder, "rev-parse", "HEAD"),
        branch=_git(folder, "symbolic-ref", "--short", "--quiet", "HEAD"),
    )


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = process.run(["git", "-C", str(folder), *arguments], limit=_LIMIT)
    except SlipwayError:  # without git an image only has fewer tags
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
