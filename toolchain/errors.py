"""The toolchain's error."""

from __future__ import annotations


class ToolchainError(Exception):
    """Something that is missing or failed: what, where, and what to do about it."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__("\n".join(filter(None, [f"{where}: {what}" if where else what, remedy])))
