"""What holds for every plan of a rollout, whatever the servers and the strategy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.rollout.plan import (
    AccessoryStep,
    Barrier,
    Batch,
    Plan,
    PlannedStep,
    blue_green,
    canary,
    rolling,
    steps,
)
from slipway.rollout.step import Step

EITHER = st.booleans()
SERVERS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True
)


@st.composite
def strategies(draw: st.DrawFn, servers: list[str]) -> list[Batch]:
    strategy = draw(st.sampled_from(["rolling", "blue-green", "canary"]))
    if strategy == "rolling":
        size, pause = draw(st.integers(1, 9)), draw(st.floats(0, 60))
        return rolling(servers, size=size, pause=pause, bake=2)
    if strategy == "blue-green":
        return blue_green(servers, bake=2)
    return canary(servers, weights=draw(st.sampled_from([(100,), (5, 25, 100)])), hold=9, bake=2)


@st.composite
def plans(draw: st.DrawFn, warm: st.SearchStrategy[bool] = EITHER) -> Plan:
    servers = draw(SERVERS)
    chosen = draw(strategies(servers))
    migrate, smoke, at_once = (draw(each) for each in (st.booleans(), st.booleans(), warm))
    accessories = draw(st.lists(st.sampled_from(["db", "queue"]), unique=True))
    return steps(
        servers, chosen, accessories=accessories, migrate=migrate, smoke=smoke, at_once=at_once
    )


def ancestors(plan: Plan) -> dict[str, set[str]]:
    """By step, all that has succeeded before it begins; KeyError unless those come before it."""
    found: dict[str, set[str]] = {}
    for step in plan:
        found[step.name] = {*step.after}.union(*(found[before] for before in step.after))
    return found


def work(plan: Plan) -> list[PlannedStep]:
    return [each for each in plan if isinstance(each, PlannedStep)]


def of(plan: Plan, step: Step) -> set[str]:
    return {each.name for each in work(plan) if each.step is step}


@given(plans())
def test_names_are_unique(plan: Plan) -> None:
    assert len({step.name for step in plan}) == len(plan)


@given(plans())
def test_a_step_waits_only_for_what_comes_before_it(plan: Plan) -> None:
    assert ancestors(plan).keys() == {step.name for step in plan}


@given(plans())
def test_every_phase_is_done_on_all_servers_before_the_next_begins_on_any(plan: Plan) -> None:
    before = ancestors(plan)
    for earlier, later in pairwise((Step.PULL, Step.START, Step.SWITCH, Step.PREPARE, Step.COMMIT)):
        assert all(of(plan, earlier) <= before[name] for name in of(plan, later))


@given(plans(warm=st.just(value=False)))
def test_nothing_is_pulled_before_every_server_has_passed_preflight(plan: Plan) -> None:
    before = ancestors(plan)
    assert all(of(plan, Step.PREFLIGHT) <= before[name] for name in of(plan, Step.PULL))


@given(plans(warm=st.just(value=True)))
def test_a_way_back_to_what_is_warm_waits_for_no_preflight(plan: Plan) -> None:
    before, checks = ancestors(plan), of(plan, Step.PREFLIGHT)
    assert all(each.replace("preflight", "commit") in before[each] for each in checks)
    assert all(before[step.name].isdisjoint(checks) for step in work(plan))


@given(plans())
def test_a_server_prepares_only_when_every_server_has_all_its_traffic_on_the_release(
    plan: Plan,
) -> None:
    before = ancestors(plan)
    whole = {f"switch-{step.server}" for step in work(plan)}
    assert all(whole <= before[name] for name in of(plan, Step.PREPARE))


@given(plans())
def test_the_migration_runs_once_when_all_is_pulled_and_nothing_is_started(plan: Plan) -> None:
    before = ancestors(plan)
    for migration in of(plan, Step.MIGRATE):
        assert migration == f"migrate-{work(plan)[0].server}"
        assert of(plan, Step.PULL) <= before[migration]
        assert all(migration in before[name] for name in of(plan, Step.START))


@given(plans())
def test_accessories_run_before_the_migration_and_change_after_all_is_pulled(plan: Plan) -> None:
    before = ancestors(plan)
    accessories = {each.name for each in plan if isinstance(each, AccessoryStep)}
    for name in accessories:
        assert of(plan, Step.PULL) <= before[name]
    for name in of(plan, Step.MIGRATE) | of(plan, Step.START):
        assert accessories <= before[name]


@given(plans())
def test_every_server_goes_through_every_other_step_once(plan: Plan) -> None:
    servers = {step.server for step in work(plan)}
    for step in (Step.PREFLIGHT, Step.PULL, Step.START, Step.PREPARE, Step.COMMIT):
        assert sorted(s.server for s in work(plan) if s.step is step) == sorted(servers)


@given(SERVERS, st.integers(1, 9), st.booleans())
def test_no_more_servers_switch_at_once_than_a_batch_has(
    servers: list[str], size: int, migrate: bool
) -> None:
    plan = steps(servers, rolling(servers, size=size, pause=1, bake=2), migrate=migrate)
    before, switches = ancestors(plan), of(plan, Step.SWITCH)
    for name in switches:
        at_once = {
            other for other in switches if other not in before[name] and name not in before[other]
        }
        assert len(at_once) <= size


@given(SERVERS, st.integers(1, 9), st.floats(0.1, 60))
def test_the_pause_lies_between_two_batches_and_nowhere_else(
    servers: list[str], size: int, pause: float
) -> None:
    plan = steps(servers, rolling(servers, size=size, pause=pause, bake=2), migrate=False)
    assert [step.server for step in work(plan) if step.pause] == servers[size:]
    assert all(step.pause in (0, pause) for step in work(plan))


@given(SERVERS)
def test_a_canary_has_the_same_share_on_all_servers_before_any_has_more(
    servers: list[str],
) -> None:
    plan = steps(servers, canary(servers, weights=(5, 50, 100), hold=9, bake=2), migrate=False)
    before = ancestors(plan)
    switches = [step for step in work(plan) if step.step is Step.SWITCH]
    for step in switches:
        less = {other.name for other in switches if other.weight < step.weight}
        assert less == before[step.name] & {other.name for other in switches}
        assert step.hold == (2 if step.weight == 100 else 9)


@given(SERVERS, st.integers(1, 9))
def test_a_release_that_is_warm_everywhere_moves_everywhere_at_once(
    servers: list[str], size: int
) -> None:
    chosen = rolling(servers, size=size, pause=5, bake=2)
    plan = steps(servers, chosen, migrate=False, at_once=True)
    before, switches = ancestors(plan), of(plan, Step.SWITCH)
    assert all(before[name].isdisjoint(switches) for name in switches)
    usual = steps(servers, chosen, migrate=False)
    assert {step.name for step in plan} == {step.name for step in usual}


@given(SERVERS, st.booleans())
def test_a_release_that_is_warm_has_all_the_traffic_before_it_goes_through_its_shares(
    servers: list[str], migrate: bool
) -> None:
    chosen = canary(servers, weights=(5, 50, 100), hold=9, bake=2)
    plan = steps(servers, chosen, migrate=migrate, at_once=True)
    before, switches = ancestors(plan), of(plan, Step.SWITCH)
    for server in servers:
        shares = [f"switch-{server}{share}" for share in ("", "-at-50", "-at-5")]
        for number, share in enumerate(shares):
            assert before[share] & switches == set(shares[:number])


@given(SERVERS, st.integers(1, 9))
def test_batches_are_all_the_servers_in_their_order(servers: list[str], size: int) -> None:
    found = rolling(servers, size=size, pause=1, bake=2)
    assert [server for batch in found for server in batch.servers] == servers
    assert {len(batch.servers) for batch in found[:-1]} <= {size}


@given(plans())
def test_a_step_names_a_thing_or_two_that_it_waits_for_and_barriers_name_the_rest(
    plan: Plan,
) -> None:
    assert all(len(step.after) <= 2 for step in work(plan))
    barriers = [each for each in plan if isinstance(each, Barrier)]
    assert all(len(each.after) > 1 for each in barriers)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    "batches",
    [
        lambda servers: rolling(servers, size=1, pause=5, bake=2),
        lambda servers: blue_green(servers, bake=2),
        lambda servers: canary(servers, weights=(5, 25, 50, 100), hold=9, bake=2),
    ],
    ids=["rolling", "blue-green", "canary"],
)
def test_what_waits_for_what_grows_with_the_servers_and_not_with_their_square(
    batches: Callable[[list[str]], list[Batch]], at_once: bool
) -> None:
    counts = []
    for number in (100, 200):
        servers = [f"s{n}" for n in range(number)]
        plan = steps(servers, batches(servers), migrate=True, at_once=at_once)
        counts.append(sum(len(step.after) for step in plan))
    assert counts[1] < 2.1 * counts[0]


@given(plans())
def test_smoke_tests_run_on_all_servers_before_traffic_moves_on_any(plan: Plan) -> None:
    before, tests = ancestors(plan), of(plan, Step.SMOKE)
    assert len(tests) in (0, len({step.server for step in work(plan)}))
    assert all(tests <= before[name] for name in of(plan, Step.SWITCH))
    assert all(of(plan, Step.MIGRATE) <= before[name] for name in tests)


def test_two_servers_one_after_the_other() -> None:
    servers = ["one", "two"]
    assert steps(servers, rolling(servers, size=1, pause=5, bake=2), migrate=False) == [
        PlannedStep(Step.PREFLIGHT, "one"),
        PlannedStep(Step.PREFLIGHT, "two"),
        Barrier("all-preflight", ("preflight-one", "preflight-two")),
        PlannedStep(Step.PULL, "one", ("all-preflight",)),
        PlannedStep(Step.PULL, "two", ("all-preflight",)),
        Barrier("all-pull", ("pull-one", "pull-two")),
        PlannedStep(Step.START, "one", ("all-pull",)),
        PlannedStep(Step.START, "two", ("all-pull",)),
        Barrier("all-start", ("start-one", "start-two")),
        PlannedStep(Step.SWITCH, "one", ("all-start",), hold=2),
        PlannedStep(Step.SWITCH, "two", ("switch-one",), hold=2, pause=5),
        Barrier("all-switch", ("switch-one", "switch-two")),
        PlannedStep(Step.PREPARE, "one", ("all-switch",)),
        PlannedStep(Step.PREPARE, "two", ("all-switch",)),
        Barrier("all-prepare", ("prepare-one", "prepare-two")),
        PlannedStep(Step.COMMIT, "one", ("all-prepare",)),
        PlannedStep(Step.COMMIT, "two", ("all-prepare",)),
    ]


def test_names_tell_step_server_and_share() -> None:
    assert PlannedStep(Step.SWITCH, "one", weight=5).name == "switch-one-at-5"
    assert PlannedStep(Step.SWITCH, "one").name == "switch-one"


def test_only_the_first_steps_carry_secrets() -> None:
    carrying = {step for step in Step if PlannedStep(step, "one").carries_secrets}
    assert carrying == {Step.PREFLIGHT, Step.PULL, Step.MIGRATE, Step.START}
