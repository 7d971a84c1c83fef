"""How the servers of one rollout come to one end: two-phase commit without a coordinator.

Every server that a rollout changes takes part. While its vote is tentative it may go back by
itself, at any time. Once the runner has seen the new release serve on every server it asks each to
prepare. A prepared server no longer decides alone: it commits only when it knows that all are
prepared, and aborts only when it knows that one has aborted. So the outcome is a function of the
votes (two-phase commit with cooperative termination: Bernstein, Hadzilacos and Goodman,
"Concurrency Control and Recovery in Database Systems", section 7.4), and whoever sees the votes may
draw the conclusion: the runner, or any of the servers. No delay, loss or repetition of messages
brings two servers to different outcomes. While a prepared server reaches neither the runner nor
enough of its peers there is no outcome for it: it waits, on the new release.
"""

from __future__ import annotations

from collections.abc import Collection

from slipway.strenum import StrEnum

OUTCOMES_KEPT = 20  # transactions whose outcome a server can still tell


class Vote(StrEnum):
    """What a server answers when asked about a transaction."""

    UNKNOWN = "unknown"  # it never heard of it, or it cannot be reached
    TENTATIVE = "tentative"  # it aborts when its lease ends
    PREPARED = "prepared"  # the new release serves on it, and it will not abort by itself
    COMMITTED = "committed"
    ABORTED = "aborted"  # it went back, or never took part, and never will


class Decision(StrEnum):
    """What follows from the votes."""

    COMMIT = "commit"
    ABORT = "abort"
    WAIT = "wait"  # the votes, as yet, leave both outcomes open


def decide(votes: Collection[Vote]) -> Decision:
    """What follows for prepared servers from the votes of all that take part.

    A server that asks counts its own vote.
    """
    if Vote.COMMITTED in votes:
        return Decision.COMMIT
    if Vote.ABORTED in votes:
        return Decision.ABORT
    return Decision.COMMIT if votes and set(votes) == {Vote.PREPARED} else Decision.WAIT


def transaction_id(rollout_id: str, release: str) -> str:
    """The name under which servers vote on one rollout of one release."""
    return f"{rollout_id}-{release}"
