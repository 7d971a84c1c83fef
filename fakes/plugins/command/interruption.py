"""That the user has interrupted, as the engine tells it by `Cancel`."""

from __future__ import annotations

import asyncio
from typing import Final

interruption: Final = asyncio.Event()
"""Set by `Cancel`, and never cleared: the engine ends the plugin afterwards."""
