"""What a server does at each step, and that no fault or crash leaves it in between."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from slipway.errors import SlipwayError
from slipway.rollout import machine, tasks
from slipway.rollout.machine import Action, Verb
from slipway.rollout.state import Phase, State
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Decision, Vote
from tests.unit.slipway.rollout.sample import PROXY, release
from tests.unit.slipway.rollout.steps import (
    NOW,
    ONE,
    ORDER,
    PEER_ABORTED,
    RELEASES,
    THREE,
    TWO,
    Do,
    Rollout,
    share,
)
from tests.unit.slipway.rollout.world import CANNOT_FAIL, BrokenError, KilledError, World


@pytest.fixture
def world() -> World:
    """A server on which the first release serves."""
    found = World()
    Rollout(ONE).run(found)
    found.done.clear()
    return found


def test_starting_gives_the_candidate_no_traffic(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START)
    assert world.state.phase == Phase.STARTED
    assert world.routed == {ONE: 100, TWO: 0}
    assert world.done == [
        *("record", f"pull {TWO}", "record"),
        *("record", "provide network and proxy", f"create {TWO}", f"start {TWO}"),
        *(f"await readiness {TWO}", "route", "record"),
    ]


def test_smoke_tests_come_before_any_traffic(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START)
    world.done.clear()
    rollout.run(world, Step.SMOKE)
    assert world.done == [f"smoke {TWO}"]
    assert not world.do(rollout.plan(Step.SMOKE, world.state), fail_at=frozenset({0}))
    assert world.routed == {ONE: 100}
    assert world.state.vote(rollout.transaction) == Vote.ABORTED


def test_a_switch_moves_the_traffic_before_it_stops_the_old_workers(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START)
    world.done.clear()
    rollout.run(world, Step.SWITCH)
    assert world.done == [
        *("record", f"start workers {TWO}", "route", f"stop workers {ONE}"),
        *(f"replace stop-first {TWO}", f"smoke {TWO}", f"bake {TWO}", "record"),
    ]
    assert world.containers[ONE] == {"web": "running", "worker": "stopped", "clerk": "stopped"}


def test_a_canary_takes_its_share_and_leaves_the_workers_alone(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, share(5))
    assert world.routed == {ONE: 95, TWO: 5}
    assert world.containers[ONE] == dict.fromkeys(("web", "worker", "clerk"), "running")
    assert world.containers[TWO]["worker"] == "created"


def test_a_share_that_has_been_held_is_not_held_again(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, share(25))
    world.done.clear()
    rollout.run(world, share(5), share(25))
    assert world.done == []
    rollout.run(world, Step.SWITCH, Step.PREPARE, Step.COMMIT)
    assert world.routed == {TWO: 100}


def test_the_first_release_of_a_server_has_all_its_traffic_at_any_weight() -> None:
    world = World()
    Rollout(ONE).run(world, Step.PULL, Step.START, share(5))
    assert world.routed == {ONE: 100}


def test_a_release_with_a_share_of_the_traffic_is_not_prepared(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, share(50))
    with pytest.raises(SlipwayError, match="cannot be prepared"):
        rollout.plan(Step.PREPARE, world.state)


def test_a_server_that_restarts_during_the_trial_serves_what_was_committed(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH)
    world.restart()
    assert world.routed == {ONE: 100, TWO: 0}


def test_a_server_that_restarts_once_it_is_prepared_serves_the_new_release(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    world.restart()
    assert world.routed == {ONE: 0, TWO: 100}


def test_preparing_brings_the_traffic_of_a_restarted_proxy_back(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH)
    world.restart()
    rollout.run(world, Step.PREPARE)
    assert world.routed == {ONE: 0, TWO: 100}


def test_a_committed_release_has_the_one_before_it_stopped_and_kept(world: World) -> None:
    Rollout(TWO).run(world)
    assert world.state.serving is not None
    assert world.state.previous is not None
    assert (world.state.serving.id, world.state.previous.id) == (TWO, ONE)
    assert set(world.containers[ONE].values()) == {"stopped"}
    Rollout(THREE).run(world)
    assert ONE not in world.containers
    assert [each.id for each in world.state.former] == [ONE]


def test_a_warm_release_runs_on_until_its_time_is_over(world: World) -> None:
    Rollout(TWO, warm=60).run(world)
    assert world.containers[ONE]["web"] == "running"
    world.do(machine.expire(world.state, [], NOW + 59))
    assert world.containers[ONE]["web"] == "running"
    world.do(machine.expire(world.state, [], NOW + 60))
    assert set(world.containers[ONE].values()) == {"stopped"}
    assert world.state.warm_until == 0


def test_the_way_back_to_a_warm_release_skips_the_trial_with_a_share(world: World) -> None:
    Rollout(TWO, warm=60).run(world)
    back = Rollout(ONE)
    back.run(world, Step.PULL, Step.START, share(5))
    assert world.routed == {TWO: 100, ONE: 0}
    back.run(world, Step.SWITCH, share(5))
    assert world.routed == {ONE: 100, TWO: 0}
    back.run(world, Step.PREPARE, Step.COMMIT)
    assert world.routed == {ONE: 100}


def test_another_release_takes_the_place_of_a_warm_one(world: World) -> None:
    Rollout(TWO, warm=60).run(world)
    Rollout(THREE).run(world, Step.PULL, Step.START)
    assert set(world.containers[ONE].values()) == {"stopped"}


def test_a_failed_bake_gives_the_traffic_back_and_removes_the_candidate(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START)
    assert not world.do(rollout.plan(Step.SWITCH, world.state), fail_at=frozenset({6}))
    assert world.done[-1] != f"bake {TWO}"
    assert world.routed == {ONE: 100}
    assert TWO not in world.containers
    assert set(world.containers[ONE].values()) == {"running"}
    assert world.state.phase == Phase.IDLE
    assert world.state.vote(rollout.transaction) == Vote.ABORTED


def test_an_abort_gives_the_traffic_back_before_it_cleans_up(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH)
    world.done.clear()
    rollout.run(world, Step.ABORT)
    assert world.done == [
        *("record", f"start {ONE}", "route", "record"),
        *(f"start workers {ONE}", f"stop workers {TWO}", f"replace stop-first {ONE}"),
        *(f"drain {TWO}", "route", f"remove {TWO}", "record", "prune"),
    ]


@pytest.mark.parametrize(
    "steps",
    [
        (Step.PULL, Step.START),
        (Step.PULL, Step.START, share(5)),
        (Step.PULL, Step.START, Step.SWITCH),
    ],
)
def test_a_full_disk_lets_the_traffic_go_back_and_keeps_the_rest(
    steps: tuple[Step | Do, ...], world: World
) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, *steps)
    containers = {each: dict(own) for each, own in world.containers.items()}
    world.full = True
    with pytest.raises(SlipwayError, match="full"):
        rollout.run(world, Step.ABORT)
    assert world.routed == {ONE: 100, TWO: 0}
    assert world.containers == containers
    world.full = False
    rollout.run(world, Step.ABORT)
    assert (world.routed, world.state.phase) == ({ONE: 100}, Phase.IDLE)


def test_a_step_that_a_full_disk_fails_gives_the_traffic_back(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, share(5))
    world.full = True
    with pytest.raises(SlipwayError, match="full"):
        rollout.run(world, Step.SWITCH)
    assert world.routed == {ONE: 100, TWO: 0}


def test_a_prepared_release_goes_back_only_when_a_peer_has_aborted(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    assert rollout.plan(Step.ABORT, world.state) == ()
    world.do(rollout.plan(PEER_ABORTED, world.state))
    assert world.routed == {ONE: 100}


def test_a_step_that_fails_after_the_vote_leaves_the_vote_as_it_was_given(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH)
    assert not world.do(rollout.plan(Step.PREPARE, world.state), fail_at=frozenset({2}))
    assert world.state.phase == Phase.PREPARED


def test_a_release_that_fell_over_after_it_was_watched_is_not_prepared(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH)
    assert not world.do(rollout.plan(Step.PREPARE, world.state), fail_at=frozenset({0}))
    assert (world.state.phase, world.routed) == (Phase.IDLE, {ONE: 100})


def test_a_committed_release_is_not_taken_back(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world)
    assert rollout.plan(PEER_ABORTED, world.state) == ()


def test_a_rollout_that_was_given_up_before_it_began_never_begins(world: World) -> None:
    rollout = Rollout(TWO)
    before = world.state.epoch
    rollout.run(world, Step.ABORT)
    assert world.state.epoch == before + 1
    with pytest.raises(SlipwayError, match="has already ended on this server"):
        rollout.plan(Step.PULL, world.state)


@pytest.mark.parametrize("step", [Step.PULL, Step.PREPARE])
def test_a_step_that_comes_long_after_its_rollout_changes_nothing(step: Step, world: World) -> None:
    late = Rollout(TWO)
    late.run(world)
    Rollout(THREE).run(world, Step.PULL, Step.START)
    with pytest.raises(SlipwayError, match="has already ended on this server"):
        late.plan(step, world.state)


def test_the_previous_release_survives_a_failed_return_to_it(world: World) -> None:
    Rollout(TWO).run(world)
    Rollout(ONE).run(world, Step.PULL, Step.START)
    back = world.state.candidate
    assert back
    world.do(machine.abort(world.state, ONE, back.transaction))
    assert set(world.containers[ONE].values()) == {"stopped"}


def test_starting_what_serves_heals_it_in_place(world: World) -> None:
    world.containers[ONE]["worker"] = "stopped"
    serving = world.state.serving
    Rollout(ONE).run(world, Step.PULL, Step.MIGRATE, Step.START, Step.SWITCH, Step.PREPARE)
    assert world.containers[ONE]["worker"] == "running"
    assert world.state.serving == serving


def test_a_healed_server_votes_with_the_others_and_stays_what_it_is(world: World) -> None:
    rollout = Rollout(ONE)
    rollout.run(world, Step.PULL, Step.START, Step.PREPARE)
    assert world.state.vote(rollout.transaction) == Vote.PREPARED
    rollout.run(world, Step.COMMIT)
    assert world.state.vote(rollout.transaction) == Vote.COMMITTED
    assert world.state.serving is not None
    assert world.state.serving.context.rollout_id == rollout.rollout_id


def test_a_rollout_that_was_cut_off_after_its_switch_goes_on_under_another_name(
    world: World,
) -> None:
    first, second = Rollout(TWO), Rollout(TWO)
    first.run(world, Step.PULL, Step.START, Step.SWITCH)
    second.run(world, Step.PULL, Step.START)
    assert world.state.vote(first.transaction) == Vote.ABORTED
    second.run(world, Step.SWITCH, Step.PREPARE, Step.COMMIT)
    assert world.state.epoch == 2
    assert world.routed == {TWO: 100}


def test_another_release_ends_an_unfinished_rollout_first(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, Step.SWITCH)
    Rollout(THREE).run(world, Step.PULL, Step.START)
    assert TWO not in world.containers
    assert world.routed == {ONE: 100, THREE: 0}


def test_a_prepared_rollout_has_to_end_before_another_begins(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    with pytest.raises(
        SlipwayError, match=r"is prepared on this server, and its outcome is not known yet.*resolve"
    ):
        Rollout(THREE).plan(Step.PULL, world.state)


@pytest.mark.parametrize(
    "steps",
    [
        (Step.PULL, Step.START),
        (Step.PULL, Step.START, share(5)),
        (Step.PULL, Step.START, Step.SWITCH),
    ],
)
def test_the_end_of_the_lease_takes_a_trial_back(
    steps: tuple[Step | Do, ...], world: World
) -> None:
    Rollout(TWO).run(world, *steps)
    world.do(machine.expire(world.state, [], NOW))
    assert world.routed == {ONE: 100}
    assert TWO not in world.containers


def test_the_proxy_goes_back_to_its_settings_with_the_release(world: World) -> None:
    other = replace(PROXY, http_port=8080)
    Rollout(TWO, proxy=other).run(world, Step.PULL, Step.START, Step.SWITCH)
    assert world.state.proxy == other
    world.do(machine.expire(world.state, [], NOW))
    assert (world.state.proxy, world.state.proxy_before) == (PROXY, None)
    Rollout(TWO, proxy=other).run(world)
    assert (world.state.proxy, world.state.proxy_before) == (other, None)


@pytest.mark.parametrize(
    ("votes", "serves", "phase"),
    [
        ([Vote.PREPARED, Vote.PREPARED], TWO, Phase.IDLE),
        ([Vote.UNKNOWN, Vote.COMMITTED], TWO, Phase.IDLE),
        ([Vote.PREPARED, Vote.ABORTED], ONE, Phase.IDLE),
        ([Vote.PREPARED, Vote.TENTATIVE], ONE, Phase.PREPARED),
        ([Vote.PREPARED, Vote.UNKNOWN], ONE, Phase.PREPARED),
        ([], TWO, Phase.IDLE),
    ],
)
def test_a_prepared_server_comes_to_the_outcome_that_the_votes_of_the_others_leave(
    votes: list[Vote], serves: str, phase: Phase, world: World
) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    world.do(machine.expire(world.state, votes, NOW))
    assert world.state.serving is not None
    assert (world.state.serving.id, world.state.phase) == (serves, phase)


@pytest.mark.parametrize(("decision", "serves"), [(Decision.COMMIT, TWO), (Decision.ABORT, ONE)])
def test_a_person_decides_where_the_others_are_lost(
    decision: Decision, serves: str, world: World
) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    world.do(machine.resolve(world.state, decision, NOW))
    assert world.routed == {serves: 100}


def test_there_is_nothing_to_decide_on_a_server_that_is_not_prepared(world: World) -> None:
    with pytest.raises(SlipwayError, match="nothing to decide here: the server is idle"):
        machine.resolve(world.state, Decision.COMMIT, NOW)


def test_waiting_is_no_decision_of_a_person(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    with pytest.raises(SlipwayError, match="nothing to decide here: the server is prepared"):
        machine.resolve(world.state, Decision.WAIT, NOW)


def test_a_migration_runs_once_before_anything_of_its_release_starts(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.MIGRATE, Step.MIGRATE, Step.START, Step.MIGRATE)
    assert world.migrations == [f"migrate {ONE}", f"migrate {TWO}"]


def test_a_migration_that_failed_runs_again_and_one_that_succeeded_does_not(world: World) -> None:
    first = Rollout(TWO)
    first.run(world, Step.PULL)
    assert not world.do(first.plan(Step.MIGRATE, world.state), fail_at=frozenset({0}))
    assert (world.state.phase, world.migrations) == (Phase.IDLE, [f"migrate {ONE}"])
    second = Rollout(TWO)
    second.run(world, Step.PULL, Step.MIGRATE, Step.ABORT)
    Rollout(TWO).run(world)
    assert world.migrations == [f"migrate {ONE}", f"migrate {TWO}"]


def test_a_migration_that_ran_on_another_server_or_is_not_wanted_does_not_run(
    world: World,
) -> None:
    (run,) = tasks.runs(RELEASES[TWO], "db")
    Rollout(TWO, known=frozenset({run.id})).run(world)
    assert world.migrations == [f"migrate {ONE}"]
    assert run.id in world.state.ran


def test_a_database_that_began_anew_is_migrated_under_the_release_that_serves(
    world: World,
) -> None:
    Rollout(ONE, database="another").run(world, Step.PULL, Step.MIGRATE, Step.START)
    assert world.migrations == [f"migrate {ONE}", f"migrate {ONE}"]
    assert world.routed == {ONE: 100}


def test_a_migration_is_refused_once_containers_of_its_release_may_run(world: World) -> None:
    Rollout(TWO, database="another").run(world, Step.PULL, Step.START)
    with pytest.raises(SlipwayError, match=r"cannot be migrated: .* is started"):
        Rollout(TWO).plan(Step.MIGRATE, replace(world.state, ran=()))


def test_the_setup_comes_after_the_migration_and_runs_once_for_a_database() -> None:
    world, both = World(), release("v9", migration=True, setup=True)
    known = {**RELEASES, both.id: both}
    for database in ("db", "db", "another"):
        Rollout(both.id, database=database, releases=known).run(world)
    assert world.migrations == [f"{verb} {both.id}" for verb in ("migrate", "set up")] * 2


def test_a_damaged_old_container_does_not_stop_an_abort(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, Step.PULL, Step.START)
    del world.containers[ONE]["worker"]
    rollout.run(world, Step.ABORT)
    assert world.state.phase == Phase.IDLE


@pytest.mark.parametrize(
    "step", [Step.MIGRATE, Step.START, Step.SMOKE, Step.SWITCH, Step.PREPARE, Step.COMMIT]
)
def test_a_step_out_of_turn_is_refused_with_what_is_installed(step: Step, world: World) -> None:
    with pytest.raises(SlipwayError, match=rf"release {THREE} cannot be .*{ONE} \(v1\) is idle"):
        Rollout(THREE).plan(step, world.state)


@pytest.mark.parametrize("steps", [(Step.PULL, Step.START), (Step.PULL, Step.START, Step.SWITCH)])
def test_nothing_is_committed_before_it_was_prepared(
    steps: tuple[Step | Do, ...], world: World
) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, *steps)
    with pytest.raises(SlipwayError, match="cannot be committed"):
        rollout.plan(Step.COMMIT, world.state)


def test_a_rollout_commits_what_it_has_prepared_itself_and_no_other(world: World) -> None:
    mine, another = Rollout(TWO), Rollout(TWO)
    mine.run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    with pytest.raises(SlipwayError, match="cannot be committed: another rollout has replaced"):
        another.plan(Step.COMMIT, world.state)
    mine.run(world, Step.COMMIT)
    assert world.routed == {TWO: 100}


NO_SHARES: tuple[Do, ...] = ()


class Rollouts(RuleBasedStateMachine):
    """Any step of any rollout at any time, with faults and kills between any two actions."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.finished = True
        self.untidy = False  # a commit that was killed or cannot tidy leaves it to the next one
        self.rollouts = {release: Rollout(release) for release in RELEASES}

    @rule(
        step=strategies.sampled_from(
            [*ORDER, Step.SMOKE, share(5), share(50), Step.ABORT, PEER_ABORTED]
        ),
        wanted=strategies.sampled_from(list(RELEASES)),
        fail_at=strategies.frozensets(strategies.integers(0, 20), max_size=2),
        crash_at=strategies.none() | strategies.integers(0, 20),
    )
    def step(
        self, step: Step | Do, wanted: str, fail_at: frozenset[int], crash_at: int | None
    ) -> None:
        self.run(step, self.rollouts[wanted], fail_at, crash_at)

    @rule(wanted=strategies.sampled_from(list(RELEASES)))
    def another_rollout_of_the_same_release(self, wanted: str) -> None:
        self.rollouts[wanted] = Rollout(wanted)

    @rule(
        wanted=strategies.sampled_from(list(RELEASES)),
        shares=strategies.sampled_from([NO_SHARES, (share(5), share(50))]),
        crash_at=strategies.none() | strategies.integers(0, 12),
    )
    def whole_rollout(self, wanted: str, shares: tuple[Do, ...], crash_at: int | None) -> None:
        rollout = self.rollouts[wanted] = Rollout(wanted)
        before: list[Step | Do] = [
            Step.PULL,
            Step.MIGRATE,
            Step.START,
            *shares,
            Step.SWITCH,
            Step.PREPARE,
        ]
        for step in before:
            self.run(step, rollout, frozenset(), None)
        self.run(Step.COMMIT, rollout, frozenset(), crash_at)

    @rule(votes=strategies.lists(strategies.sampled_from([Vote.PREPARED, Vote.ABORTED])))
    def the_lease_ends(self, votes: list[Vote]) -> None:
        self.world.do(machine.expire(self.world.state, votes, NOW))
        assert self.world.state.phase == Phase.IDLE
        self.finished = not self.untidy

    @rule(votes=strategies.lists(strategies.sampled_from([Vote.PREPARED, Vote.ABORTED])))
    def the_lease_ends_on_a_full_disk(self, votes: list[Vote]) -> None:
        state, self.world.full = self.world.state, True
        with contextlib.suppress(SlipwayError):
            self.world.do(machine.expire(state, votes, NOW))
        self.world.full = False
        assert self.world.state == state
        if state.serving and state.phase not in (Phase.IDLE, Phase.PREPARED):
            assert self.world.receiving == {state.serving.id}
        self.untidy, self.finished = True, False

    @rule()
    def the_machine_restarts(self) -> None:
        self.world.restart()
        self.world.check()

    def run(
        self, step: Step | Do, rollout: Rollout, fail_at: frozenset[int], crash_at: int | None
    ) -> None:
        before = self.world.state.serving
        self.finished = False
        with contextlib.suppress(SlipwayError):
            actions = rollout.plan(step, self.world.state)
            try:
                succeeded = self.world.do(actions, fail_at=fail_at, crash_at=crash_at)
            except KilledError:
                self.untidy |= step is Step.COMMIT
                return
            if step is Step.COMMIT:
                may_fail = {n for n, it in enumerate(actions) if it.verb not in CANNOT_FAIL}
                self.untidy = not may_fail.isdisjoint(fail_at)
            self.finished = (
                self.world.state.phase == Phase.IDLE and not self.untidy and actions != ()
            )
            if not succeeded:
                assert self.world.state.serving == before, "a failed step changed what serves"

    @precondition(lambda self: self.finished)
    @invariant()
    def nothing_but_the_serving_release_runs_when_no_rollout_is_under_way(self) -> None:
        serving = self.world.state.serving
        running = {
            each for each, made in self.world.containers.items() if "running" in made.values()
        }
        assert running <= ({serving.id} if serving else set())
        assert set(self.world.routed) <= ({serving.id} if serving else set())

    def teardown(self) -> None:
        """The end of the lease brings every state to the old release or to the new one."""
        self.world.do(machine.expire(self.world.state, [], NOW))
        state = self.world.state
        assert state.phase == Phase.IDLE
        assert self.world.receiving == ({state.serving.id} if state.serving else set())


TestRollouts = Rollouts.TestCase
TestRollouts.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)


@pytest.mark.parametrize("step", [*ORDER, Step.ABORT])
def test_a_step_that_is_killed_between_any_two_actions_is_completed_by_the_next_call(
    step: Step,
) -> None:
    for crash_at in range(30):
        world, rollout = World(), Rollout(TWO)
        Rollout(ONE).run(world)
        earlier = ORDER[: ORDER.index(step)] if step in ORDER else ORDER[:4]
        if earlier:
            rollout.run(world, *earlier)
        try:
            world.do(rollout.plan(step, world.state), crash_at=crash_at)
        except KilledError:
            again = [step] if step is Step.ABORT else ORDER[ORDER.index(step) :]
            rollout.run(world, *again)
            assert world.routed == {ONE if step is Step.ABORT else TWO: 100}
            continue
        assert crash_at > 0
        return
    raise AssertionError("the step has more actions than this test tries")


def test_phases_say_who_gets_the_traffic(world: World) -> None:
    Rollout(TWO).run(world, Step.PULL, Step.START)
    started = world.state
    for phase in (Phase.PULLING, Phase.PULLED, Phase.STARTING):
        assert replace(started, phase=phase).traffic == {ONE: 100}
    assert started.traffic == {ONE: 100, TWO: 0}
    assert replace(started, phase=Phase.SWITCHED, weight=25).traffic == {ONE: 75, TWO: 25}
    assert replace(started, phase=Phase.SWITCHED, weight=25).traffic_after_restart == {
        ONE: 100,
        TWO: 0,
    }


def test_the_imagined_server_knows_every_verb_and_refuses_others(world: World) -> None:
    assert world.verbs == set(Verb)
    with pytest.raises(BrokenError, match="nobody knows how to dance"):
        world.perform(Action("dance", State()))  # type: ignore[arg-type]
