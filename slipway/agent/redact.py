"""Mask the values of secrets in every text for people."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from slipway.protocol.requests import SHORTEST_SECRET

MASK = "***"
CONFIDENTIAL = re.compile("pass|pwd|secret|token|key", re.IGNORECASE)  # parameters of a URL
LONGEST_LINE = 4000  # bytes; a line of 64 KiB makes pulumi-command hang


class Redactor:
    """Masks known values of at least SHORTEST_SECRET characters.

    Also in the form for URLs, JSON and base64, and what is secret within a URL.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = (part for secret in secrets for part in (secret, *_within_url(secret)))
        forms = {form for part in parts if len(part) >= SHORTEST_SECRET for form in _forms(part)}
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


def _within_url(secret: str) -> Iterable[str]:
    """Its password and confidential parameters: programs log an address in parts."""
    try:
        url = urlsplit(secret)
        password = url.password if url.netloc else None
    except ValueError:  # it only looks like a URL
        return
    if password:
        yield from (password, unquote(password))
    yield from (value for name, value in parse_qsl(url.query) if CONFIDENTIAL.search(name))
