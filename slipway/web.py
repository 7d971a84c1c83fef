"""httpx, made quick to begin with.

Its own command line takes longer to import than all the rest of it, and is left out.
"""

from __future__ import annotations

import ssl
import sys
from types import ModuleType
from typing import Final

sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))

import httpx  # noqa: E402

__all__ = ["WITHOUT_TLS", "httpx"]

WITHOUT_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For `verify` where no TLS is spoken: it trusts nobody. Every other client reads all certificate
authorities of the machine first, which takes 0.04 s of a processor."""
