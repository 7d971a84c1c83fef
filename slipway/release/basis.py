"""What a rollout is planned on, as each server is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from slipway.release.status import Status
from slipway.values import dataclass, field

TOKEN_LENGTH = 32  # hexadecimal digits: nobody guesses the path at which a proxy tells a vote


@dataclass(frozen=True)
class Basis:
    """An input of every step on a server, and kept by the server that commits.

    Pulumi compares inputs with its own memory only, so this is how a server that is not where the
    state believes comes to show in the preview and to be healed by the update: it changes exactly
    when there is something to do. On a server that is settled on the release it is what the
    committing rollout was given, which the state remembers.
    """

    line: str = ""  # what the server was, for people
    token: str = ""  # names the rollout, on all servers that it changes
    peers: Mapping[str, str] = field(default_factory=dict)  # those others: "host:port" of the proxy

    def to_dict(self) -> dict[str, Any]:
        # Not `asdict`: it copies all peers one by one, and every step on every server has them.
        return {"line": self.line, "token": self.token, "peers": dict(self.peers)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Basis:
        """Read what `to_dict` wrote; raises TypeError for anything else."""
        return cls(**data) if data else cls()


def bases(
    statuses: Mapping[str, Status], release: str | None, proxies: Mapping[str, str]
) -> dict[str, Basis]:
    """What a rollout of `release` is planned on, by server.

    `proxies` has the address of each server's proxy. `release` is None while an image has yet to be
    built.
    """
    moving = unsettled(statuses, release)
    lines = {name: line(status) for name, status in statuses.items() if name in moving}
    text = json.dumps(lines, sort_keys=True)
    token = hashlib.sha256(text.encode()).hexdigest()[:TOKEN_LENGTH]
    taking_part = {name: proxies[name] for name in sorted(moving)}
    return {
        name: Basis(
            lines[name], token, {peer: at for peer, at in taking_part.items() if peer != name}
        )
        if name in moving
        else Basis.from_dict(status.basis)
        for name, status in statuses.items()
    }


def unsettled(statuses: Mapping[str, Status], release: str | None) -> frozenset[str]:
    """The servers that a rollout of `release` changes; it may take back these, and no others."""
    return frozenset(
        name
        for name, status in statuses.items()
        if release is None or not status.settled_on(release) or status.basis is None
    )


def all_warm(statuses: Mapping[str, Status], release: str | None) -> bool:
    """Whether every server has the containers of `release` running, beside those that serve."""
    return all(
        status.warm and status.previous is not None and status.previous.release == release
        for status in statuses.values()
    )


def line(status: Status) -> str:
    """Where a server stands, in one line that differs after every rollout begun there."""
    served = str(status.serving) if status.serving else "nothing"
    text = f"{served}, rollout {status.epoch} of {status.life}"
    if status.phase != "idle":
        text += f", {status.phase}"
    return "; ".join((text, *status.problems))


def accessory_basis(status: Status, name: str) -> str:
    """What running an accessory on this server is planned on; see `Basis`."""
    found = status.accessories.get(name)
    if found is None:
        return f"not started in {status.life}"
    if found.problem:
        return f"{found.problem}, start {found.starts} of {status.life}"
    return found.basis
