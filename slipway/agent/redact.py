"""Mask the values of secrets in every text for people."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"
LONGEST_LINE = 4000  # bytes; a line of 64 KiB makes pulumi-command hang


class Redactor:
    """Masks known values, also in the form for URLs, JSON and base64."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._forms: list[str] = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def line(self, text: str) -> str:
        """One masked line of limited length."""
        masked = " ".join(self(text).split("\n")).rstrip()
        return masked.encode()[:LONGEST_LINE].decode(errors="ignore")


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    for line in secret.splitlines():
        if len(line) > 7:  # a key with several lines may be logged line by line
            yield line
