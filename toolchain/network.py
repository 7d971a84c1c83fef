"""Whether a site can be reached, found out quickly, so that a machine without it loses no time."""

from __future__ import annotations

import functools
import http.client
import urllib.error
import urllib.request

PULUMI_SITE = "https://get.pulumi.com/"
PROBE_LIMIT = 5.0


@functools.cache
def reachable(url: str) -> bool:
    """Whether `url` answers at all within 5 s, through the proxy that the environment names."""
    try:
        with urllib.request.urlopen(url, timeout=PROBE_LIMIT):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
