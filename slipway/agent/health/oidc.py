"""Check a login service: its OpenID Connect Discovery 1.0 document, and its keys."""

from __future__ import annotations

import json
from typing import Any, Callable

from slipway.agent.health.http import Answer

DISCOVERY = "/.well-known/openid-configuration"


def fault(get: Callable[[str], Answer], base: str, issuer: str | None) -> str:
    """What is wrong; empty when it is healthy. `get` requests a URL, `base` is the service's URL.

    The document must have an issuer (`issuer`, if given) and the URL of its keys, which must have a
    key. Raises what `get` raises.
    """
    document, wrong = _json(get, base.rstrip("/") + DISCOVERY)
    if wrong:
        return wrong
    named, keys_at = document.get("issuer"), document.get("jwks_uri")
    if not isinstance(named, str) or not isinstance(keys_at, str):
        return f"{DISCOVERY} has no issuer or no jwks_uri"
    if issuer and named != issuer:
        return f"its issuer is {named!r} instead of {issuer!r}"
    keys, wrong = _json(get, keys_at)
    if wrong:
        return wrong
    return "" if keys.get("keys") else f"{keys_at} has no keys"


def _json(get: Callable[[str], Answer], url: str) -> tuple[dict[str, Any], str]:
    """The JSON object at the URL, and what is wrong with the answer."""
    answer = get(url)
    if answer.status != 200:
        return {}, f"GET {url} answered {answer.status} instead of 200"
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    return (found, "") if isinstance(found, dict) else ({}, f"GET {url} answered no JSON object")
