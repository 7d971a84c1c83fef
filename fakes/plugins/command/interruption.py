"""The user's interruption, which the engine reports by `Cancel`."""

from __future__ import annotations

import asyncio
from typing import Final

interruption: Final = asyncio.Event()
"""Set by `Cancel`, and never cleared: the engine ends the plugin afterwards."""
