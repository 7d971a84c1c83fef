"""Check quickly whether a site can be reached."""

from __future__ import annotations

import functools
import http.client
import urllib.error
import urllib.request

PULUMI_SITE = "https://get.pulumi.com/"
PROBE_LIMIT = 5.0


@functools.cache
def reachable(url: str) -> bool:
    """Whether `url` answers within 5 s, through the proxy in the environment, if any."""
    try:
        with urllib.request.urlopen(url, timeout=PROBE_LIMIT):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
