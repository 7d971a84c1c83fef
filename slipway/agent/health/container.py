"""A container's health as the engine reports it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


def stop_reason(found: Mapping[str, Any]) -> str:
    """Why a container does not run; empty when it does."""
    state = found["State"]
    if state.get("OOMKilled") and state["Status"] != "running":
        return f"exited ({state['ExitCode']}, out of memory)"
    if state["Status"] in ("running", "paused"):
        return "" if state["Status"] == "running" else "paused"
    return (
        "created but not started"
        if state["Status"] == "created"
        else f"exited ({state['ExitCode']})"
    )


def own_check(found: Mapping[str, Any]) -> str:
    """The result of the image's own check; empty if it is healthy or has no check."""
    status = found["State"].get("Health", {}).get("Status", "none")
    return "" if status in ("none", "", "healthy") else f"container health is {status}"


def age(found: Mapping[str, Any]) -> float:
    """Seconds since the container was started, by this machine's clock."""
    started = datetime.fromisoformat(found["State"]["StartedAt"][:19])  # whole seconds of UTC
    return time.time() - started.replace(tzinfo=timezone.utc).timestamp()
