"""The basis changes exactly when there is something to do on a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.release.basis import (
    TOKEN_LENGTH,
    Basis,
    accessory_basis,
    all_warm,
    bases,
    line,
    unsettled,
)
from slipway.release.status import Accessory, Running, Status
from slipway.values import replace

NEW, OLD = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
COMMITTED = Basis(f"v1 ({OLD}), rollout 2 of life-1", "t0ken", {"two": "10.0.0.2:80"})
SETTLED = Status(
    "one",
    life="life-1",
    agent="hash",
    epoch=3,
    serving=Running(NEW, "v2", {"web": "shop@sha256:2"}),
    previous=Running(OLD, "v1", {}),
    basis=COMMITTED.to_dict(),
)
PROXIES = {"one": "10.0.0.1:80", "two": "10.0.0.2:80", "three": "10.0.0.3:80"}


def drifted(server: str) -> Status:
    return replace(SETTLED, server=server, problems=("web-1: gone",))


def test_a_settled_server_keeps_the_basis_that_the_state_remembers() -> None:
    statuses = {"one": SETTLED, "two": drifted("two"), "three": drifted("three")}
    assert bases(statuses, NEW, PROXIES)["one"] == COMMITTED


def test_a_settled_server_keeps_it_whatever_else_was_counted() -> None:
    later = replace(SETTLED, epoch=9, life="other")
    assert bases({"one": later}, NEW, PROXIES) == {"one": COMMITTED}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (SETTLED, f"v2 ({NEW}), rollout 3 of life-1"),
        (replace(SETTLED, phase="switched"), f"v2 ({NEW}), rollout 3 of life-1, switched"),
        (
            replace(SETTLED, problems=("web-1: exited (137)", "the proxy is gone")),
            f"v2 ({NEW}), rollout 3 of life-1; web-1: exited (137); the proxy is gone",
        ),
        (Status("one", life="life-2"), "nothing, rollout 0 of life-2"),
    ],
    ids=["settled", "phase", "drift", "new life"],
)
def test_a_server_with_something_to_do_tells_what_it_is(status: Status, text: str) -> None:
    assert line(status) == text


def test_the_servers_that_move_share_a_name_and_know_each_other_and_no_others() -> None:
    statuses = {"one": SETTLED, "two": drifted("two"), "three": drifted("three")}
    found = bases(statuses, NEW, PROXIES)
    assert found["two"].token == found["three"].token != COMMITTED.token
    assert found["two"].peers == {"three": PROXIES["three"]}
    assert found["three"].peers == {"two": PROXIES["two"]}


def test_the_name_of_a_rollout_is_never_used_again() -> None:
    statuses = {"one": SETTLED, "two": replace(SETTLED, server="two")}
    first = bases(statuses, OLD, PROXIES)["one"].token
    assert bases(statuses, OLD, PROXIES)["one"].token == first
    begun = {**statuses, "two": replace(statuses["two"], epoch=4)}
    assert bases(begun, OLD, PROXIES)["one"].token != first


SERVERS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), min_size=1, max_size=6, unique=True
)
STATES = st.sampled_from(
    [
        SETTLED,
        replace(SETTLED, phase="staged"),
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
def test_who_moves_has_one_name_for_it_and_everybody_else_as_a_peer(
    fleet: dict[str, Status], release: str | None
) -> None:
    found, moving = bases(fleet, release, addresses(fleet)), unsettled(fleet, release)
    assert len({found[name].token for name in moving}) <= 1
    for name, basis in found.items():
        if name in moving:
            assert len(basis.token) == TOKEN_LENGTH
            assert basis.line == line(fleet[name])
            assert basis.peers == {peer: f"{peer}:80" for peer in moving if peer != name}
        else:
            assert basis == COMMITTED


@given(fleets(), st.data())
def test_the_name_changes_for_all_when_anything_happens_on_one(
    fleet: dict[str, Status], data: st.DataObject
) -> None:
    before = bases(fleet, None, addresses(fleet))
    name = data.draw(st.sampled_from(sorted(fleet)))
    changes = [{"epoch": 7}, {"life": "other"}, {"problems": ("x",)}, {"phase": "aborting"}]
    changed: dict[str, Any] = data.draw(st.sampled_from(changes))
    after = bases(fleet | {name: replace(fleet[name], **changed)}, None, addresses(fleet))
    assert all(after[each].token != before[each].token for each in fleet)


def test_what_is_counted_on_a_settled_server_changes_nothing_for_those_that_move() -> None:
    fleet = {"one": SETTLED, "two": drifted("two")}
    later = fleet | {"one": replace(SETTLED, epoch=9)}
    assert bases(later, NEW, PROXIES) == bases(fleet, NEW, PROXIES)


@given(fleets())
def test_the_name_depends_on_no_order(fleet: dict[str, Status]) -> None:
    backwards = dict(reversed(fleet.items()))
    assert bases(backwards, NEW, addresses(fleet)) == bases(fleet, NEW, addresses(fleet))


def test_the_same_fault_after_another_rollout_is_a_new_basis() -> None:
    assert line(drifted("one")) != line(replace(drifted("one"), epoch=4))


def test_a_rollout_changes_only_the_servers_that_are_not_settled_on_it() -> None:
    statuses = {
        "one": SETTLED,
        "two": drifted("two"),
        "three": replace(SETTLED, server="three", phase="staged"),
        "four": Status("four", life="life-4"),
        "five": replace(SETTLED, basis=None),
    }
    assert unsettled(statuses, NEW) == {"two", "three", "four", "five"}
    assert unsettled(statuses, OLD) == statuses.keys()
    assert unsettled(statuses, None) == statuses.keys()


def test_a_basis_reads_back_as_it_was_written() -> None:
    assert Basis.from_dict(COMMITTED.to_dict()) == COMMITTED
    assert Basis.from_dict(None) == Basis()


def test_what_is_no_basis_is_refused() -> None:
    with pytest.raises(TypeError):
        Basis.from_dict({"text": "v1"})


def test_a_release_is_warm_only_where_every_server_has_it_so() -> None:
    warm = replace(SETTLED, warm=True)
    assert all_warm({"one": warm, "two": warm}, OLD)
    assert not all_warm({"one": warm, "two": SETTLED}, OLD)
    assert not all_warm({"one": warm}, NEW)
    assert not all_warm({"one": warm}, None)
    assert not all_warm({"one": replace(warm, previous=None)}, OLD)


def test_an_accessory_that_runs_keeps_the_basis_that_it_was_started_on() -> None:
    status = replace(SETTLED, accessories={"redis": Accessory("not started in life-1", 1)})
    assert accessory_basis(status, "redis") == "not started in life-1"


def test_an_accessory_that_was_never_started_is_named_after_the_life_of_its_server() -> None:
    assert accessory_basis(SETTLED, "redis") == "not started in life-1"


def test_an_accessory_that_is_broken_tells_how_and_for_which_time() -> None:
    status = replace(SETTLED, accessories={"redis": Accessory("x", 2, "redis: gone")})
    assert accessory_basis(status, "redis") == "redis: gone, start 2 of life-1"
