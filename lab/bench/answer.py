"""Waiting until a server answers."""

from __future__ import annotations

import time
from typing import Final

import httpx

from slipway.errors import SlipwayError

LIMIT: Final = 30.0  # seconds
POLL: Final = 0.02  # seconds


def wait(url: str) -> None:
    """Ask until it answers as it should. Raises SlipwayError when it never does."""
    deadline = time.monotonic() + LIMIT
    with httpx.Client(trust_env=False, timeout=1) as client:
        while not answers(client, url):
            if time.monotonic() > deadline:
                raise SlipwayError(f"no answer within {LIMIT:g} s", where=url)
            time.sleep(POLL)


def answers(client: httpx.Client, url: str) -> bool:
    """Whether it answers as it should now."""
    try:
        return client.get(url).is_success
    except httpx.HTTPError:
        return False
