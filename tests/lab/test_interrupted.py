"""An update that is disturbed: the old release serves, and what comes after it mends the rest."""

from __future__ import annotations

import signal

from tests.lab.trial import SERVERS, Trial, errors, refused, served, status, wait_for

FIRST, SECOND = SERVERS["production"]
INTERRUPT_LIMIT = 120.0  # seconds for the steps that had begun


def test_after_a_kill_the_next_update_completes(settled: Trial) -> None:
    now, following = settled.now_and_next()
    settled.workspace.configure("production", version=following)
    with settled.updating("production") as update:
        wait_for("a staged release", lambda: status(FIRST)["phase"] in ("staged", "switched"))
        update.process.send_signal(signal.SIGKILL)
        update.process.wait(10)
    assert served(SECOND) == now, "nobody is there to switch the second one"
    settled.workspace.pulumi("cancel", "--yes", "production")
    done = settled.up("production")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {served(FIRST), served(SECOND)} == {following}
    assert settled.changes("production") == {}


def test_an_interrupt_during_staging_leaves_the_old_release_serving(settled: Trial) -> None:
    now, following = settled.now_and_next()
    with settled.spoiled("production", version=following):
        with settled.updating("production") as update:
            update.wait_until(f"shop-stage-{FIRST.name} ")
            update.process.send_signal(signal.SIGINT)
            assert update.process.wait(INTERRUPT_LIMIT) != 0
        (error,) = errors(update.said)
        assert "update canceled" in error
        assert "Traceback" not in update.said
        assert {served(FIRST), served(SECOND)} == {now}
        assert settled.changes("production") != {}
    back = settled.up("production")
    assert back.returncode == 0, back.stdout + back.stderr
    assert {served(FIRST), served(SECOND)} == {now}
    assert {status(server)["phase"] for server in (FIRST, SECOND)} == {"idle"}
    assert settled.changes("production") == {}


def test_a_second_update_while_one_runs_is_refused(settled: Trial) -> None:
    _, following = settled.now_and_next()
    settled.workspace.configure("production", version=following)
    with settled.updating("production") as update:
        update.wait_until("shop-preflight-")
        second = settled.workspace.attempt("up", "--stack", "production", "--yes", "-f")
        assert update.process.wait(120) == 0, update.said
    refused(second, "locked")
    assert {served(FIRST), served(SECOND)} == {following}
