from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from slipway.errors import SlipwayError
from slipway.release import machine
from slipway.release.machine import Actions
from slipway.release.state import IDLE, STAGED, STAGING, SWITCHED, State, install
from tests.unit.slipway.release.sample import PROXY, release
from tests.unit.slipway.release.world import KilledError, World

RELEASES = {each.id: each for each in (release(v, migration=True) for v in ("v1", "v2", "v3"))}
ONE, TWO, THREE = RELEASES


def stage(state: State, wanted: str, basis: str = "basis") -> Actions:
    candidate = install(state, RELEASES[wanted], PROXY, basis=basis, owner="ann")
    return machine.stage(state, candidate, PROXY)


def finalize(state: State, wanted: str, basis: str = "basis") -> Actions:
    return machine.finalize(state, wanted, basis=basis, now=1000.0, retain=1)


def roll_out(world: World, wanted: str) -> None:
    for plan in (stage, machine.migrate, machine.switch, finalize):
        assert world.do(plan(world.state, wanted))


@pytest.fixture
def world() -> World:
    """A server on which the first release serves."""
    found = World()
    roll_out(found, ONE)
    found.done.clear()
    return found


def test_staging_gives_the_candidate_no_traffic(world: World) -> None:
    world.do(stage(world.state, TWO))
    assert world.state.phase == STAGED
    assert world.routed == {ONE: 100, TWO: 0}
    assert world.done == [
        *("record", "prepare", f"pull {TWO}", f"create {TWO}", f"start {TWO}", f"ready {TWO}"),
        *("route", "record"),
    ]


def test_a_switch_moves_the_traffic_before_it_stops_the_old_workers(world: World) -> None:
    world.do(stage(world.state, TWO))
    world.done.clear()
    world.do(machine.switch(world.state, TWO))
    assert world.done == [
        "record", f"workers {TWO}", "route", f"rest {ONE}", f"bake {TWO}", "record",
    ]  # fmt: skip
    assert world.containers[ONE] == {"web": "running", "worker": "stopped"}


def test_a_committed_release_has_the_one_before_it_stopped_and_kept(world: World) -> None:
    roll_out(world, TWO)
    assert world.state.serving is not None
    assert world.state.previous is not None
    assert (world.state.serving.id, world.state.previous.id) == (TWO, ONE)
    assert set(world.containers[ONE].values()) == {"stopped"}
    roll_out(world, THREE)
    assert ONE not in world.containers
    assert [each.id for each in world.state.former] == [ONE]


def test_a_failed_bake_gives_the_traffic_back_and_removes_the_candidate(world: World) -> None:
    world.do(stage(world.state, TWO))
    assert not world.do(machine.switch(world.state, TWO), fail_at=frozenset({4}))
    assert world.routed == {ONE: 100}
    assert TWO not in world.containers
    assert set(world.containers[ONE].values()) == {"running"}
    assert world.state.phase == IDLE


def test_an_abort_gives_the_traffic_back_before_it_cleans_up(world: World) -> None:
    world.do(stage(world.state, TWO))
    world.do(machine.switch(world.state, TWO))
    world.done.clear()
    world.do(machine.abort(world.state, TWO))
    assert world.done == [
        *("record", f"start {ONE}", "route", f"workers {ONE}"),
        *(f"drain {TWO}", "route", f"remove {TWO}", "record", "prune"),
    ]


def test_a_committed_release_is_taken_back_in_the_same_rollout(world: World) -> None:
    roll_out(world, TWO)
    world.do(machine.abort(world.state, TWO, "basis"))
    assert world.routed == {ONE: 100}
    assert TWO not in world.containers
    assert machine.abort(world.state, TWO, "basis") == ()


def test_a_release_of_an_earlier_rollout_is_not_taken_back(world: World) -> None:
    roll_out(world, TWO)
    assert machine.abort(world.state, TWO, "another basis") == ()
    world.do(stage(world.state, TWO, "another basis"))
    world.do(finalize(world.state, TWO, "another basis"))
    assert machine.abort(world.state, TWO, "another basis") == ()
    assert machine.abort(world.state, TWO) == ()


def test_a_previous_release_that_does_not_start_leaves_the_serving_one_alone(world: World) -> None:
    roll_out(world, TWO)
    assert not world.do(machine.abort(world.state, TWO), fail_at=frozenset({2}))
    assert world.routed == {TWO: 100}
    assert world.state.phase == IDLE


def test_the_previous_release_survives_a_failed_return_to_it(world: World) -> None:
    roll_out(world, TWO)
    world.do(stage(world.state, ONE))
    world.do(machine.abort(world.state, ONE))
    assert set(world.containers[ONE].values()) == {"stopped"}


def test_staging_what_serves_heals_it_in_place(world: World) -> None:
    before = world.state
    world.containers[ONE]["worker"] = "stopped"
    world.do(stage(world.state, ONE))
    assert world.containers[ONE]["worker"] == "running"
    assert world.state == before


def test_a_rollout_that_was_cut_off_after_its_switch_goes_on_to_its_end(world: World) -> None:
    world.do(stage(world.state, TWO))
    world.do(machine.switch(world.state, TWO))
    roll_out(world, TWO)
    assert world.state.epoch == 2
    assert world.routed == {TWO: 100}


def test_another_release_ends_an_unfinished_rollout_first(world: World) -> None:
    world.do(stage(world.state, TWO))
    world.do(machine.switch(world.state, TWO))
    world.do(stage(world.state, THREE))
    assert TWO not in world.containers
    assert world.routed == {ONE: 100, THREE: 0}


def test_a_migration_runs_once_for_a_release(world: World) -> None:
    world.do(stage(world.state, TWO))
    world.do(machine.migrate(world.state, TWO))
    world.do(machine.migrate(world.state, TWO))
    assert world.migrations == [ONE, TWO]


def test_a_damaged_old_container_does_not_stop_an_abort(world: World) -> None:
    world.do(stage(world.state, TWO))
    del world.containers[ONE]["worker"]
    world.do(machine.abort(world.state, TWO))
    assert world.state.phase == IDLE


@pytest.mark.parametrize("step", [machine.migrate, machine.switch, finalize])
def test_a_step_out_of_turn_is_refused_with_what_is_installed(world: World, step) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SlipwayError, match=rf"release {THREE} cannot be .*{ONE} \(v1\) is idle"):
        step(world.state, THREE)


def test_nothing_is_committed_before_its_bake_time(world: World) -> None:
    world.do(stage(world.state, TWO))
    with pytest.raises(SlipwayError, match="cannot be finalized"):
        finalize(world.state, TWO)


class Rollouts(RuleBasedStateMachine):
    """Any step of any release at any time, with faults and kills between any two actions."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.finished = True
        self.untidy = False  # a killed commit leaves the tidying to the next one

    @rule(
        step=strategies.sampled_from(["stage", "migrate", "switch", "finalize", "abort"]),
        wanted=strategies.sampled_from(list(RELEASES)),
        fail_at=strategies.frozensets(strategies.integers(0, 20), max_size=2),
        crash_at=strategies.none() | strategies.integers(0, 20),
    )
    def step(self, step: str, wanted: str, fail_at: frozenset[int], crash_at: int | None) -> None:
        self.run(step, wanted, fail_at, crash_at)

    @rule(
        wanted=strategies.sampled_from(list(RELEASES)),
        crash_at=strategies.none() | strategies.integers(0, 12),
    )
    def whole_rollout(self, wanted: str, crash_at: int | None) -> None:
        for step in ("stage", "migrate", "switch"):
            self.run(step, wanted, frozenset(), None)
        self.run("finalize", wanted, frozenset(), crash_at)

    def run(self, step: str, wanted: str, fail_at: frozenset[int], crash_at: int | None) -> None:
        plans = {"stage": stage, "finalize": finalize}
        before = self.world.state.serving
        self.finished = False
        with contextlib.suppress(SlipwayError):
            actions = (plans.get(step) or getattr(machine, step))(self.world.state, wanted)
            try:
                succeeded = self.world.do(actions, fail_at=fail_at, crash_at=crash_at)
            except KilledError:
                self.untidy |= step == "finalize"
                return
            self.untidy &= step != "finalize"
            self.finished = self.world.state.phase == IDLE and not self.untidy
            if not succeeded and step != "abort":
                assert self.world.state.serving == before, "a failed step changed what serves"

    @precondition(lambda self: self.finished)
    @invariant()
    def nothing_but_the_serving_release_runs_when_no_rollout_is_under_way(self) -> None:
        serving = self.world.state.serving
        running = {
            each for each, made in self.world.containers.items() if "running" in made.values()
        }
        assert running == ({serving.id} if serving else set())
        assert self.world.routed == ({serving.id: 100} if serving else {})

    def teardown(self) -> None:
        """An abort without faults brings every state to the old release or to the new one."""
        state = self.world.state
        possible = {r.id for r in (state.serving, state.previous) if r}
        wanted = state.candidate or state.serving
        if wanted is None or state.phase == IDLE:
            return
        self.world.do(machine.abort(state, wanted.id))
        assert self.world.state.phase == IDLE
        assert {each for each, weight in self.world.routed.items() if weight} <= possible
        if state.serving:
            assert self.world.routed


TestRollouts = Rollouts.TestCase
TestRollouts.settings = settings(max_examples=100, stateful_step_count=12, deadline=None)


@pytest.mark.parametrize("step", ["stage", "migrate", "switch", "finalize", "abort"])
def test_a_step_that_is_killed_between_any_two_actions_is_completed_by_the_next_call(
    step: str,
) -> None:
    plans = {"stage": stage, "finalize": finalize}
    plan = plans.get(step) or getattr(machine, step)
    for crash_at in range(30):
        world = World()
        roll_out(world, ONE)
        for earlier in ("stage", "migrate", "switch"):
            if earlier == step:
                break
            world.do((plans.get(earlier) or getattr(machine, earlier))(world.state, TWO))
        try:
            world.do(plan(world.state, TWO), crash_at=crash_at)
        except KilledError:
            if step == "abort":
                world.do(machine.abort(world.state, TWO))
                assert world.routed == {ONE: 100}
            else:
                roll_out(world, TWO)
                assert world.routed == {TWO: 100}
            continue
        assert crash_at > 0
        return
    raise AssertionError("the step has more actions than this test tries")


def test_phases_say_who_gets_the_traffic(world: World) -> None:
    world.do(stage(world.state, TWO))
    staged = world.state
    assert replace(staged, phase=STAGING).traffic == {ONE: 100}
    assert staged.traffic == {ONE: 100, TWO: 0}
    assert replace(staged, phase=SWITCHED).traffic == {ONE: 0, TWO: 100}
