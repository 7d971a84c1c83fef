"""Two-phase commit without a coordinator: all servers of a rollout reach the same outcome.

Every server that a rollout changes takes part. While its vote is tentative, it may abort by itself
at any time. When the new release serves on every server, the runner asks each server to prepare. A
prepared server no longer decides alone: it commits only when it knows that all are prepared, and
aborts only when it knows that one has aborted. So the outcome is a function of the votes (two-phase
commit with cooperative termination: Bernstein, Hadzilacos and Goodman, "Concurrency Control and
Recovery in Database Systems", section 7.4), and the runner or any server that has the votes can
compute it. No delay, loss or repetition of messages leads two servers to different outcomes. While
a prepared server reaches neither the runner nor enough of its peers, it waits on the new release.
"""

from __future__ import annotations

from collections.abc import Collection

from slipway.strenum import StrEnum

OUTCOMES_KEPT = 20  # transactions whose outcome a server remembers


class Vote(StrEnum):
    """What a server answers when asked about a transaction."""

    UNKNOWN = "unknown"  # it does not know the transaction, or cannot be reached
    TENTATIVE = "tentative"  # it aborts when its lease expires
    PREPARED = "prepared"  # the new release serves on it, and it will not abort by itself
    COMMITTED = "committed"
    ABORTED = "aborted"  # it went back, or refuses to take part


class Decision(StrEnum):
    """What follows from the votes."""

    COMMIT = "commit"
    ABORT = "abort"
    WAIT = "wait"  # both outcomes are still possible


def decide(votes: Collection[Vote]) -> Decision:
    """What follows for prepared servers from the votes of all that take part.

    A server includes its own vote.
    """
    if Vote.COMMITTED in votes:
        return Decision.COMMIT
    if Vote.ABORTED in votes:
        return Decision.ABORT
    return Decision.COMMIT if votes and set(votes) == {Vote.PREPARED} else Decision.WAIT


def transaction_id(rollout_id: str, release: str) -> str:
    """The id of the votes on one rollout of one release."""
    return f"{rollout_id}-{release}"
