"""How the servers of one rollout come to one end: an atomic commitment without a coordinator.

Every server that a rollout changes takes part. While it is tentative it may go back by itself, at
any time. Once the runner has seen the new release serve on every server it asks each to confirm. A
server that has confirmed holds to that: it commits only when it knows that all have confirmed, and
goes back only when it knows that one has gone back. So the outcome is a function of the votes
(two-phase commit with cooperative termination: Bernstein, Hadzilacos and Goodman, "Concurrency
Control and Recovery in Database Systems", section 7.4), and whoever sees the votes may draw the
conclusion: the runner, or any of the servers. No delay, loss or repetition of messages brings two
servers to different ends. What cannot be had is an end while a server that has confirmed reaches
neither the runner nor enough of its peers: it waits, on the new release.
"""

from __future__ import annotations

from collections.abc import Collection

# What a server answers when asked about a rollout.
UNKNOWN = "unknown"  # it never heard of it, or it cannot be reached
TENTATIVE = "tentative"  # it goes back when its lease ends
CONFIRMED = "confirmed"  # the new release serves on it, and it will not go back by itself
COMMITTED = "committed"
ABORTED = "aborted"  # it went back, or never took part, and never will

# What follows from the answers.
COMMIT = "commit"
GO_BACK = "abort"
WAIT = "wait"

OUTCOMES_KEPT = 20  # rollouts whose end a server can still tell


def conclusion(words: Collection[str]) -> str:
    """What follows for servers that have confirmed from the words of all that take part.

    A server that asks counts itself. WAIT means that the answers, as yet, leave both ends open.
    """
    if COMMITTED in words:
        return COMMIT
    if ABORTED in words:
        return GO_BACK
    return COMMIT if words and set(words) == {CONFIRMED} else WAIT
