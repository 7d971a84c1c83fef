"""Branches, tags and commits: as much of Git as the contents interface shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fakes.github.state.identity import now, written


@dataclass(frozen=True)
class Commit:
    """A whole tree: path → content."""

    message: str
    author: tuple[str, str]
    committer: tuple[str, str]
    files: dict[str, bytes]
    parents: tuple[str, ...]
    at: datetime = field(default_factory=now)

    @property
    def tree(self) -> str:
        blobs = {path: blob_sha(content) for path, content in sorted(self.files.items())}
        return _sha(json.dumps(blobs).encode())

    @property
    def sha(self) -> str:
        parts = [self.message, self.author, self.committer, self.tree, self.parents]
        return _sha(json.dumps([*parts, written(self.at)]).encode())


@dataclass
class Branches:
    """Refs such as `heads/main` and `tags/v1.4.1`, and the commits that they lead to."""

    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    def resolve(self, ref: str) -> Commit | None:
        """The commit of a branch, a tag or a SHA."""
        names = (ref.removeprefix("refs/"), f"heads/{ref}", f"tags/{ref}")
        sha = next((self.refs[name] for name in names if name in self.refs), ref)
        return self.commits.get(sha)

    def commit(
        self,
        branch: str,
        message: str,
        changes: dict[str, bytes | None],
        author: tuple[str, str] = ("ada", "ada@example.com"),
        committer: tuple[str, str] = ("GitHub", "noreply@github.com"),
    ) -> Commit:
        """Change files (None deletes one) on a branch, which is made if it isn't there."""
        parent = self.commits.get(self.refs.get(f"heads/{branch}", ""))
        files = {**(parent.files if parent else {}), **changes}
        kept = {path: content for path, content in files.items() if content is not None}
        parents = (parent.sha,) if parent else ()
        commit = Commit(message, author, committer, kept, parents)
        self.commits[commit.sha] = commit
        self.refs[f"heads/{branch}"] = commit.sha
        return commit

    def history(self, commit: Commit | None) -> Iterator[Commit]:
        """A commit and those before it, newest first."""
        while commit:
            yield commit
            commit = self.commits.get(commit.parents[0]) if commit.parents else None


def blob_sha(content: bytes) -> str:
    """Git's name for a file's content."""
    return _sha(b"blob %d\0%b" % (len(content), content))


def _sha(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
