"""Waiting until a server answers."""

from __future__ import annotations

from functools import partial
from typing import Final

import httpx

from lab import waiting
from slipway.errors import SlipwayError

LIMIT: Final = 30.0  # seconds
POLL: Final = 0.02  # seconds


def wait(url: str) -> None:
    """Wait for a successful answer. Raises SlipwayError after `LIMIT` seconds."""
    with httpx.Client(trust_env=False, timeout=1) as client:
        if not waiting.until(partial(answers, client, url), LIMIT, POLL):
            raise SlipwayError(f"no successful answer within {LIMIT:g} s", where=url)


def answers(client: httpx.Client, url: str) -> bool:
    """Whether it answers with success now."""
    try:
        return client.get(url).is_success
    except httpx.HTTPError:
        return False
