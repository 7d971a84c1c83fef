"""A state file that is gone while its containers still run: never taken for an empty server."""

from __future__ import annotations

from slipway.agent.engine.client import Engine
from slipway.agent.state.store import Store
from slipway.errors import SlipwayError
from slipway.protocol.requests import Target


def refuse(engine: Engine, store: Store, target: Target) -> None:
    """Raises SlipwayError where containers of this environment run and nothing is known of them."""
    if store.has_state():
        return
    own = {"application": target.application, "environment": target.environment}
    found = [each for each in engine.containers(**own, kind="service") if _runs(each)]
    if found:
        labels = " ".join(f"--filter label=slipway.{name}={value}" for name, value in own.items())
        raise SlipwayError(
            f"it is gone, but {len(found)} containers of {target.application}"
            f" {target.environment} run here",
            where=str(store.folder / "state.json"),
            remedy="Restore the file from a copy, or begin anew without them:"
            f" docker rm --force $(docker ps --quiet {labels} --filter label=slipway.kind=service)",
        )


def _runs(short: dict[str, str]) -> bool:
    return short.get("State") == "running"
