"""httpx without its own command line, which takes longer to import than all the rest of it."""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))

import httpx  # noqa: E402

__all__ = ["httpx"]
