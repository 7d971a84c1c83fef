"""Which files of a build context `.dockerignore` excludes."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path


class IgnoreFile:
    """Patterns as Docker reads them: the last one that matches a path or a parent folder wins."""

    def __init__(self, text: str) -> None:
        self._patterns = [_compile(line) for line in map(str.strip, text.splitlines()) if line]
        self._patterns = [pattern for pattern in self._patterns if pattern is not None]

    @classmethod
    def beside(cls, context: Path, dockerfile: Path) -> IgnoreFile:
        """The context's ignore file; a Dockerfile with another name has its own."""
        prefix = "" if dockerfile.name == "Dockerfile" else dockerfile.name
        path = context / f"{prefix}.dockerignore"
        return cls(path.read_text() if path.is_file() else "")

    def excludes(self, path: str) -> bool:
        """Whether a file is excluded; `path` is relative to the context, with `/`."""
        excluded = False
        for rule in self._patterns:
            if rule is not None and any(rule[1].fullmatch(part) for part in _with_parents(path)):
                excluded = not rule[0]
        return excluded


def _compile(line: str) -> tuple[bool, re.Pattern[str]] | None:
    """Whether the pattern includes files again, and the pattern; None for a comment."""
    if line.startswith("#"):
        return None
    keeps = line.startswith("!")
    cleaned = posixpath.normpath(line.removeprefix("!").strip()).lstrip("/")
    return keeps, re.compile(_expression(cleaned))


def _expression(pattern: str) -> str:
    translated, index = "", 0
    while index < len(pattern):
        rest = pattern[index:]
        if rest.startswith("**/"):
            translated, index = translated + "(?:.*/)?", index + 3
        elif rest.startswith("**"):
            translated, index = translated + ".*", index + 2
        elif rest[0] == "[" and "]" in rest[1:]:
            end = rest.index("]", 1) + 1
            translated, index = translated + rest[:end], index + end
        elif rest[0] == "\\" and len(rest) > 1:
            translated, index = translated + re.escape(rest[1]), index + 2
        else:
            one = {"*": "[^/]*", "?": "[^/]"}.get(rest[0], re.escape(rest[0]))
            translated, index = translated + one, index + 1
    return translated


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
