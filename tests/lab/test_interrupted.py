"""An update that is disturbed: the old release serves, and what comes after it mends the rest.

One that is killed: chaos.
"""

from __future__ import annotations

import signal

from tests.lab.trial import SERVERS, Trial, errors, refused, served

FIRST, SECOND = SERVERS["production"]
BEGIN_LIMIT = 60.0  # seconds until the update has begun a step
INTERRUPT_LIMIT = 120.0  # seconds for the steps that had begun
# Pulumi reads a state before it looks for the lock, and its file backend writes in place.
HALF_WRITTEN = "failed to load checkpoint"
TRIES = 5


def test_an_interrupt_leaves_the_old_release_serving_and_the_next_update_completes(
    settled: Trial,
) -> None:
    now, following = settled.now_and_next()
    settled.workspace.configure("production", version=following)
    with settled.updating("production") as update:
        update.wait_for_line(f"shop-start-{FIRST.name} ", BEGIN_LIMIT)
        update.process.send_signal(signal.SIGINT)
        assert update.process.wait(INTERRUPT_LIMIT) != 0
    (error,) = errors(update.output)
    assert "update canceled" in error
    assert "Traceback" not in update.output
    assert {served(FIRST), served(SECOND)} == {now}
    assert settled.changes("production") != {}
    done = settled.up("production")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {served(FIRST), served(SECOND)} == {following}
    assert settled.rests("production", following)
    assert settled.changes("production") == {}


def test_a_second_update_while_one_runs_is_refused(settled: Trial) -> None:
    _, following = settled.now_and_next()
    settled.workspace.configure("production", version=following)
    with settled.updating("production") as update:
        update.wait_for_line("shop-preflight-", BEGIN_LIMIT)
        for _ in range(TRIES):
            second = settled.workspace.attempt("up", "--stack", "production", "--yes", "-f")
            if HALF_WRITTEN not in second.stderr:
                break
        assert update.process.wait(120) == 0, update.output
    refused(second, "locked")
    assert {served(FIRST), served(SECOND)} == {following}
