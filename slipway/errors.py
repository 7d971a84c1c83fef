"""The error for everything that a person can correct."""

from __future__ import annotations


class SlipwayError(Exception):
    """A fault that a person can correct: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        head = f"{where}: {what}" if where else what
        super().__init__(f"{head}. {remedy}" if remedy else head)
