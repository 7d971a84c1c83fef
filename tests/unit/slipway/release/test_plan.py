"""What holds for every plan of a rollout, whatever the servers and the strategy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.release.plan import Action, Gate, Plan, Step, Wave, blue_green, canary, rolling, steps

EITHER = st.booleans()
SERVERS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True
)


@st.composite
def strategies(draw: st.DrawFn, servers: list[str]) -> list[Wave]:
    strategy = draw(st.sampled_from(["rolling", "blue-green", "canary"]))
    if strategy == "rolling":
        batch, pause = draw(st.integers(1, 9)), draw(st.floats(0, 60))
        return rolling(servers, batch=batch, pause=pause, bake=2)
    if strategy == "blue-green":
        return blue_green(servers, bake=2)
    return canary(servers, weights=draw(st.sampled_from([(100,), (5, 25, 100)])), hold=9, bake=2)


@st.composite
def plans(draw: st.DrawFn, warm: st.SearchStrategy[bool] = EITHER) -> Plan:
    servers = draw(SERVERS)
    chosen = draw(strategies(servers))
    migrate, smoke, at_once = (draw(each) for each in (st.booleans(), st.booleans(), warm))
    return steps(servers, chosen, migrate=migrate, smoke=smoke, at_once=at_once)


def ancestors(plan: Plan) -> dict[str, set[str]]:
    """By step, all that has succeeded before it begins; KeyError unless those come before it."""
    found: dict[str, set[str]] = {}
    for step in plan:
        found[step.name] = {*step.after}.union(*(found[before] for before in step.after))
    return found


def work(plan: Plan) -> list[Step]:
    return [step for step in plan if isinstance(step, Step)]


def of(plan: Plan, action: Action) -> set[str]:
    return {step.name for step in work(plan) if step.action is action}


@given(plans())
def test_names_are_unique(plan: Plan) -> None:
    assert len({step.name for step in plan}) == len(plan)


@given(plans())
def test_a_step_waits_only_for_what_comes_before_it(plan: Plan) -> None:
    assert ancestors(plan).keys() == {step.name for step in plan}


@given(plans())
def test_every_phase_is_done_on_all_servers_before_the_next_begins_on_any(plan: Plan) -> None:
    before = ancestors(plan)
    for earlier, later in pairwise((Action.STAGE, Action.SWITCH, Action.CONFIRM, Action.FINALIZE)):
        assert all(of(plan, earlier) <= before[name] for name in of(plan, later))


@given(plans(warm=st.just(value=False)))
def test_nothing_is_staged_before_every_server_has_passed_preflight(plan: Plan) -> None:
    before = ancestors(plan)
    assert all(of(plan, Action.PREFLIGHT) <= before[name] for name in of(plan, Action.STAGE))


@given(plans(warm=st.just(value=True)))
def test_a_way_back_to_what_is_warm_waits_for_no_preflight(plan: Plan) -> None:
    before, checks = ancestors(plan), of(plan, Action.PREFLIGHT)
    assert all(each.replace("preflight", "finalize") in before[each] for each in checks)
    assert all(before[step.name].isdisjoint(checks) for step in work(plan))


@given(plans())
def test_a_server_confirms_only_when_every_server_has_all_its_traffic_on_the_release(
    plan: Plan,
) -> None:
    before = ancestors(plan)
    whole = {f"switch-{step.server}" for step in work(plan)}
    assert all(whole <= before[name] for name in of(plan, Action.CONFIRM))


@given(plans())
def test_the_migration_runs_once_when_all_is_staged_and_no_traffic_has_moved(plan: Plan) -> None:
    before = ancestors(plan)
    for migration in of(plan, Action.MIGRATE):
        assert migration == f"migrate-{work(plan)[0].server}"
        assert of(plan, Action.STAGE) <= before[migration]
        assert all(migration in before[name] for name in of(plan, Action.SWITCH))


@given(plans())
def test_every_server_goes_through_every_other_action_once(plan: Plan) -> None:
    servers = {step.server for step in work(plan)}
    for action in set(Action) - {Action.MIGRATE, Action.SMOKE, Action.SWITCH}:
        assert sorted(s.server for s in work(plan) if s.action is action) == sorted(servers)


@given(SERVERS, st.integers(1, 9), st.booleans())
def test_no_more_servers_switch_at_once_than_the_batch(
    servers: list[str], batch: int, migrate: bool
) -> None:
    plan = steps(servers, rolling(servers, batch=batch, pause=1, bake=2), migrate=migrate)
    before, switches = ancestors(plan), of(plan, Action.SWITCH)
    for name in switches:
        at_once = {
            other for other in switches if other not in before[name] and name not in before[other]
        }
        assert len(at_once) <= batch


@given(SERVERS, st.integers(1, 9), st.floats(0.1, 60))
def test_the_pause_lies_between_two_batches_and_nowhere_else(
    servers: list[str], batch: int, pause: float
) -> None:
    plan = steps(servers, rolling(servers, batch=batch, pause=pause, bake=2), migrate=False)
    assert [step.server for step in work(plan) if step.pause] == servers[batch:]
    assert all(step.pause in (0, pause) for step in work(plan))


@given(SERVERS)
def test_a_canary_has_the_same_share_on_all_servers_before_any_has_more(
    servers: list[str],
) -> None:
    plan = steps(servers, canary(servers, weights=(5, 50, 100), hold=9, bake=2), migrate=False)
    before = ancestors(plan)
    switches = [step for step in work(plan) if step.action is Action.SWITCH]
    for step in switches:
        less = {other.name for other in switches if other.weight < step.weight}
        assert less == before[step.name] & {other.name for other in switches}
        assert step.hold == (2 if step.weight == 100 else 9)


@given(SERVERS, st.integers(1, 9))
def test_a_release_that_is_warm_everywhere_moves_everywhere_at_once(
    servers: list[str], batch: int
) -> None:
    chosen = rolling(servers, batch=batch, pause=5, bake=2)
    plan = steps(servers, chosen, migrate=False, at_once=True)
    before, switches = ancestors(plan), of(plan, Action.SWITCH)
    assert all(before[name].isdisjoint(switches) for name in switches)
    usual = steps(servers, chosen, migrate=False)
    assert {step.name for step in plan} == {step.name for step in usual}


@given(SERVERS, st.booleans())
def test_a_release_that_is_warm_has_all_the_traffic_before_it_goes_through_its_shares(
    servers: list[str], migrate: bool
) -> None:
    chosen = canary(servers, weights=(5, 50, 100), hold=9, bake=2)
    plan = steps(servers, chosen, migrate=migrate, at_once=True)
    before, switches = ancestors(plan), of(plan, Action.SWITCH)
    for server in servers:
        shares = [f"switch-{server}{share}" for share in ("", "-at-50", "-at-5")]
        for number, share in enumerate(shares):
            assert before[share] & switches == set(shares[:number])


@given(SERVERS, st.integers(1, 9))
def test_batches_are_all_the_servers_in_their_order(servers: list[str], batch: int) -> None:
    found = rolling(servers, batch=batch, pause=1, bake=2)
    assert [server for wave in found for server in wave.servers] == servers
    assert {len(wave.servers) for wave in found[:-1]} <= {batch}


@given(plans())
def test_a_step_names_a_thing_or_two_that_it_waits_for_and_gates_name_the_rest(plan: Plan) -> None:
    assert all(len(step.after) <= 2 for step in work(plan))
    gates = [step for step in plan if isinstance(step, Gate)]
    assert all(len(gate.after) > 1 for gate in gates)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    "waves",
    [
        lambda servers: rolling(servers, batch=1, pause=5, bake=2),
        lambda servers: blue_green(servers, bake=2),
        lambda servers: canary(servers, weights=(5, 25, 50, 100), hold=9, bake=2),
    ],
    ids=["rolling", "blue-green", "canary"],
)
def test_what_waits_for_what_grows_with_the_servers_and_not_with_their_square(
    waves: Callable[[list[str]], list[Wave]], at_once: bool
) -> None:
    counts = []
    for number in (100, 200):
        servers = [f"s{n}" for n in range(number)]
        plan = steps(servers, waves(servers), migrate=True, at_once=at_once)
        counts.append(sum(len(step.after) for step in plan))
    assert counts[1] < 2.1 * counts[0]


@given(plans())
def test_smoke_tests_run_on_all_servers_before_traffic_moves_on_any(plan: Plan) -> None:
    before, tests = ancestors(plan), of(plan, Action.SMOKE)
    assert len(tests) in (0, len({step.server for step in work(plan)}))
    assert all(tests <= before[name] for name in of(plan, Action.SWITCH))
    assert all(of(plan, Action.MIGRATE) <= before[name] for name in tests)


def test_two_servers_one_after_the_other() -> None:
    servers = ["one", "two"]
    assert steps(servers, rolling(servers, batch=1, pause=5, bake=2), migrate=False) == [
        Step(Action.PREFLIGHT, "one"),
        Step(Action.PREFLIGHT, "two"),
        Gate("all-preflight", ("preflight-one", "preflight-two")),
        Step(Action.STAGE, "one", ("all-preflight",)),
        Step(Action.STAGE, "two", ("all-preflight",)),
        Gate("all-stage", ("stage-one", "stage-two")),
        Step(Action.SWITCH, "one", ("all-stage",), hold=2),
        Step(Action.SWITCH, "two", ("switch-one",), hold=2, pause=5),
        Gate("all-switch", ("switch-one", "switch-two")),
        Step(Action.CONFIRM, "one", ("all-switch",)),
        Step(Action.CONFIRM, "two", ("all-switch",)),
        Gate("all-confirm", ("confirm-one", "confirm-two")),
        Step(Action.FINALIZE, "one", ("all-confirm",)),
        Step(Action.FINALIZE, "two", ("all-confirm",)),
    ]
