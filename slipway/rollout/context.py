"""The observation that a rollout was planned on, as each server is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLLOUT_ID_LENGTH = 32  # hexadecimal digits: nobody guesses the path at which a proxy tells a vote


@dataclass(frozen=True)
class RolloutContext:
    """An input of every step on a server, and kept by the server that commits.

    Pulumi compares inputs with its own memory only, so this is how a server that is not where the
    state believes comes to show in the preview and to be healed by the update: it changes exactly
    when there is something to do. On a server that has settled on the release it is what the
    committing rollout was given, which the state remembers.
    """

    observed: str = ""  # what the server was, for people
    rollout_id: str = ""  # the same on all servers that the rollout changes
    peers: Mapping[str, str] = field(default_factory=dict)  # those others: "host:port" of the proxy
