"""The context changes exactly when there is something to do on a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.deployment.contexts import (
    accessory_context,
    all_warm,
    contexts,
    servers_to_change,
    summary,
)
from slipway.observe.status import Status
from slipway.protocol.answers import AccessoryReport, Running
from slipway.rollout.context import ROLLOUT_ID_LENGTH, RolloutContext
from slipway.rollout.state import Phase

NEW, OLD = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
COMMITTED = RolloutContext(f"v1 ({OLD}), rollout 2 of life-1", "r0llout", {"two": "10.0.0.2:80"})
SETTLED = Status(
    "one",
    life="life-1",
    agent="hash",
    epoch=3,
    serving=Running(NEW, "v2", {"web": "shop@sha256:2"}, since=1.8e9),
    previous=Running(OLD, "v1", {}, since=1.7e9),
    context=COMMITTED,
)
PROXIES = {"one": "10.0.0.1:80", "two": "10.0.0.2:80", "three": "10.0.0.3:80"}


def drifted(server: str) -> Status:
    return replace(SETTLED, server=server, problems=("web-1: gone",))


def test_a_settled_server_keeps_the_context_that_the_state_remembers() -> None:
    statuses = {"one": SETTLED, "two": drifted("two"), "three": drifted("three")}
    assert contexts(statuses, NEW, PROXIES)["one"] == COMMITTED


def test_a_settled_server_keeps_it_whatever_else_was_counted() -> None:
    later = replace(SETTLED, epoch=9, life="other")
    assert contexts({"one": later}, NEW, PROXIES) == {"one": COMMITTED}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (SETTLED, f"v2 ({NEW}), rollout 3 of life-1"),
        (replace(SETTLED, phase=Phase.SWITCHED), f"v2 ({NEW}), rollout 3 of life-1, switched"),
        (
            replace(SETTLED, problems=("web-1: exited (137)", "the proxy is gone")),
            f"v2 ({NEW}), rollout 3 of life-1; web-1: exited (137); the proxy is gone",
        ),
        (Status("one", life="life-2"), "nothing, rollout 0 of life-2"),
    ],
    ids=["settled", "phase", "drift", "new life"],
)
def test_a_server_with_something_to_do_tells_what_it_is(status: Status, text: str) -> None:
    assert summary(status) == text


def test_the_servers_to_change_share_an_id_and_know_each_other_and_no_others() -> None:
    statuses = {"one": SETTLED, "two": drifted("two"), "three": drifted("three")}
    found = contexts(statuses, NEW, PROXIES)
    assert found["two"].rollout_id == found["three"].rollout_id != COMMITTED.rollout_id
    assert found["two"].peers == {"three": PROXIES["three"]}
    assert found["three"].peers == {"two": PROXIES["two"]}


def test_the_id_of_a_rollout_is_never_used_again() -> None:
    statuses = {"one": SETTLED, "two": replace(SETTLED, server="two")}
    first = contexts(statuses, OLD, PROXIES)["one"].rollout_id
    assert contexts(statuses, OLD, PROXIES)["one"].rollout_id == first
    begun = {**statuses, "two": replace(statuses["two"], epoch=4)}
    assert contexts(begun, OLD, PROXIES)["one"].rollout_id != first


SERVERS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), min_size=1, max_size=6, unique=True
)
STATES = st.sampled_from(
    [
        SETTLED,
        replace(SETTLED, phase=Phase.STARTED),
        replace(SETTLED, problems=("web-1: gone",)),
        Status("", life="life-4"),
    ]
)


@st.composite
def fleets(draw: st.DrawFn) -> dict[str, Status]:
    return {name: replace(draw(STATES), server=name) for name in draw(SERVERS)}


def addresses(fleet: Mapping[str, Status]) -> dict[str, str]:
    return {name: f"{name}:80" for name in fleet}


@given(fleets(), st.sampled_from([NEW, OLD, None]))
def test_servers_to_change_have_one_id_and_all_the_others_of_them_as_peers(
    fleet: dict[str, Status], release: str | None
) -> None:
    found, changing = contexts(fleet, release, addresses(fleet)), servers_to_change(fleet, release)
    assert len({found[name].rollout_id for name in changing}) <= 1
    for name, context in found.items():
        if name in changing:
            assert len(context.rollout_id) == ROLLOUT_ID_LENGTH
            assert context.observed == summary(fleet[name])
            assert context.peers == {peer: f"{peer}:80" for peer in changing if peer != name}
        else:
            assert context == COMMITTED


@given(fleets(), st.data())
def test_the_id_changes_for_all_when_anything_happens_on_one(
    fleet: dict[str, Status], data: st.DataObject
) -> None:
    before = contexts(fleet, None, addresses(fleet))
    name = data.draw(st.sampled_from(sorted(fleet)))
    changes = [{"epoch": 7}, {"life": "other"}, {"problems": ("x",)}, {"phase": Phase.ABORTING}]
    changed: dict[str, Any] = data.draw(st.sampled_from(changes))
    after = contexts(fleet | {name: replace(fleet[name], **changed)}, None, addresses(fleet))
    assert all(after[each].rollout_id != before[each].rollout_id for each in fleet)


def test_what_is_counted_on_a_settled_server_changes_nothing_for_those_to_change() -> None:
    fleet = {"one": SETTLED, "two": drifted("two")}
    later = fleet | {"one": replace(SETTLED, epoch=9)}
    assert contexts(later, NEW, PROXIES) == contexts(fleet, NEW, PROXIES)


@given(fleets())
def test_the_id_depends_on_no_order(fleet: dict[str, Status]) -> None:
    backwards = dict(reversed(fleet.items()))
    assert contexts(backwards, NEW, addresses(fleet)) == contexts(fleet, NEW, addresses(fleet))


def test_the_same_fault_after_another_rollout_is_a_new_context() -> None:
    assert summary(drifted("one")) != summary(replace(drifted("one"), epoch=4))


def test_a_rollout_changes_only_the_servers_that_are_not_settled_on_it() -> None:
    statuses = {
        "one": SETTLED,
        "two": drifted("two"),
        "three": replace(SETTLED, server="three", phase=Phase.STARTED),
        "four": Status("four", life="life-4"),
        "five": replace(SETTLED, context=None),
    }
    assert servers_to_change(statuses, NEW) == {"two", "three", "four", "five"}
    assert servers_to_change(statuses, OLD) == statuses.keys()
    assert servers_to_change(statuses, None) == statuses.keys()


def test_a_release_is_warm_only_where_every_server_has_it_so() -> None:
    warm = replace(SETTLED, warm=True)
    assert all_warm({"one": warm, "two": warm}, OLD)
    assert not all_warm({"one": warm, "two": SETTLED}, OLD)
    assert not all_warm({"one": warm}, NEW)
    assert not all_warm({"one": warm}, None)
    assert not all_warm({"one": replace(warm, previous=None)}, OLD)


def test_an_accessory_that_runs_keeps_the_context_that_it_was_started_on() -> None:
    status = replace(
        SETTLED, accessories={"redis": AccessoryReport("not started in life-1", 1, "da7a", "")}
    )
    assert accessory_context(status, "redis") == "not started in life-1"


def test_an_accessory_that_was_never_started_is_named_after_the_life_of_its_server() -> None:
    assert accessory_context(SETTLED, "redis") == "not started in life-1"


def test_an_accessory_that_is_broken_tells_how_and_for_which_time() -> None:
    status = replace(SETTLED, accessories={"redis": AccessoryReport("x", 2, "da7a", "redis: gone")})
    assert accessory_context(status, "redis") == "redis: gone, start 2 of life-1"
