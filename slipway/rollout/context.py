"""The observation that a rollout was planned on, as each server receives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLLOUT_ID_LENGTH = 32  # hexadecimal digits: too many to guess the URL of a vote


@dataclass(frozen=True)
class RolloutContext:
    """An input of every step on a server, kept by the server when it commits.

    Pulumi compares inputs only with its own state. This input changes exactly when there is
    something to do on the server, so drift shows in the preview and the update repairs it. On a
    server that has committed the release, it is the context of the rollout that committed.
    """

    observed: str = ""  # the server's status before, for people
    rollout_id: str = ""  # the same on all servers that the rollout changes
    peers: Mapping[str, str] = field(default_factory=dict)  # the others: "host:port" of their proxy
    ran: tuple[str, ...] = ()  # ids of the release's commands that are not run again
