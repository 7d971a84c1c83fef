"""Which servers a release changes, and the context of their rollout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from slipway.observe.status import Status
from slipway.rollout.context import ROLLOUT_ID_LENGTH, RolloutContext
from slipway.rollout.state import Phase


def contexts(
    statuses: Mapping[str, Status],
    release: str | None,
    proxies: Mapping[str, str],
    ran: tuple[str, ...] = (),
) -> dict[str, RolloutContext]:
    """The context of a rollout of `release`, by server.

    `proxies` has the address of each server's proxy, `ran` the ids of the release's commands that
    are not run again. `release` is None while an image is not built yet.
    """
    changing = servers_to_change(statuses, release)
    observed = {name: summary(status) for name, status in statuses.items() if name in changing}
    text = json.dumps(observed, sort_keys=True)
    rollout_id = hashlib.sha256(text.encode()).hexdigest()[:ROLLOUT_ID_LENGTH]
    taking_part = {name: proxies[name] for name in sorted(changing)}
    found = {}
    for name, status in statuses.items():
        if name in changing:
            peers = {peer: at for peer, at in taking_part.items() if peer != name}
            found[name] = RolloutContext(observed[name], rollout_id, peers, ran)
        else:
            found[name] = status.context or RolloutContext()
    return found


def servers_to_change(statuses: Mapping[str, Status], release: str | None) -> frozenset[str]:
    """The servers that a rollout of `release` changes, and that a failure may roll back."""
    return frozenset(
        name
        for name, status in statuses.items()
        if release is None or not status.settled_on(release) or status.context is None
    )


def all_warm(statuses: Mapping[str, Status], release: str | None) -> bool:
    """Whether the containers of `release` run on every server, beside those that serve."""
    return all(
        status.warm and status.previous is not None and status.previous.release == release
        for status in statuses.values()
    )


def summary(status: Status) -> str:
    """A server's status in one line, which changes with every rollout begun there."""
    served = str(status.serving) if status.serving else "nothing"
    text = f"{served}, rollout {status.epoch} of {status.life}"
    if status.phase is not Phase.IDLE:
        text += f", {status.phase}"
    return "; ".join((text, *status.problems))


def accessory_context(status: Status, name: str) -> str:
    """The observation that an accessory's step is planned on; see `RolloutContext`."""
    found = status.accessories.get(name)
    if found is None:
        return f"not started in {status.life}"
    if found.problem:
        return f"{found.problem}, start {found.starts} of {status.life}"
    return found.context
