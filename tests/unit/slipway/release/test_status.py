"""The basis changes exactly when there is something to do on a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.release.status import (
    Accessory,
    Running,
    Status,
    accessory_basis,
    bases,
    basis,
    unsettled,
)

NEW, OLD = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
SETTLED = Status(
    "one",
    life="life-1",
    agent="hash",
    epoch=3,
    serving=Running(NEW, "v2", {"web": "shop@sha256:2"}),
    basis="v1 (bbbbbbbbbbbb), rollout 2 of life-1",
)


def test_a_settled_server_keeps_the_basis_that_the_state_remembers() -> None:
    assert basis(SETTLED, NEW) == SETTLED.basis


def test_a_settled_server_keeps_it_whatever_else_was_counted() -> None:
    assert basis(replace(SETTLED, epoch=9, life="other"), NEW) == SETTLED.basis


@pytest.mark.parametrize(
    ("status", "release", "line"),
    [
        (SETTLED, OLD, f"v2 ({NEW}), rollout 3 of life-1"),
        (SETTLED, None, f"v2 ({NEW}), rollout 3 of life-1"),
        (replace(SETTLED, basis=None), NEW, f"v2 ({NEW}), rollout 3 of life-1"),
        (replace(SETTLED, phase="switched"), NEW, f"v2 ({NEW}), rollout 3 of life-1, switched"),
        (
            replace(SETTLED, problems=("web-1: exited (137)", "the proxy is gone")),
            NEW,
            f"v2 ({NEW}), rollout 3 of life-1; web-1: exited (137); the proxy is gone",
        ),
        (Status("one", life="life-2"), NEW, "nothing, rollout 0 of life-2"),
    ],
    ids=["other release", "unbuilt release", "no basis", "phase", "drift", "new life"],
)
def test_a_server_with_something_to_do_tells_what_it_is(
    status: Status, release: str | None, line: str
) -> None:
    assert basis(status, release) == line


def test_drift_on_one_server_leaves_the_basis_of_the_others() -> None:
    drifted = replace(SETTLED, server="two", problems=("web-1: gone",))
    found = bases({"one": SETTLED, "two": drifted}, NEW)
    assert found["one"] == SETTLED.basis
    assert found["two"] != SETTLED.basis


def test_the_same_fault_after_another_rollout_is_a_new_basis() -> None:
    drifted = replace(SETTLED, problems=("web-1: gone",))
    assert basis(drifted, NEW) != basis(replace(drifted, epoch=4), NEW)


def test_a_rollout_changes_only_the_servers_that_are_not_settled_on_it() -> None:
    statuses = {
        "one": SETTLED,
        "two": replace(SETTLED, server="two", problems=("web-1: gone",)),
        "three": replace(SETTLED, server="three", phase="staged"),
        "four": Status("four", life="life-4"),
    }
    assert unsettled(statuses, NEW) == {"two", "three", "four"}
    assert unsettled(statuses, OLD) == statuses.keys()
    assert unsettled(statuses, None) == statuses.keys()


def test_an_accessory_that_runs_keeps_the_basis_that_it_was_started_on() -> None:
    status = replace(SETTLED, accessories={"redis": Accessory("not started in life-1", 1)})
    assert accessory_basis(status, "redis") == "not started in life-1"


def test_an_accessory_that_was_never_started_is_named_after_the_life_of_its_server() -> None:
    assert accessory_basis(SETTLED, "redis") == "not started in life-1"


def test_an_accessory_that_is_broken_tells_how_and_for_which_time() -> None:
    status = replace(SETTLED, accessories={"redis": Accessory("x", 2, "redis: gone")})
    assert accessory_basis(status, "redis") == "redis: gone, start 2 of life-1"


def test_a_report_of_an_older_agent_has_no_images() -> None:
    running = Running.from_dict({"release": NEW, "version": "v2"})
    assert (str(running), running.images) == (f"v2 ({NEW})", {})
