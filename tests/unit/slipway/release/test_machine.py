"""What a server does at each step, and that no fault or crash leaves it in between."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from slipway.errors import SlipwayError
from slipway.release import accord, machine
from slipway.release.state import CONFIRMED, IDLE, STAGED, STAGING, SWITCHED
from slipway.values import replace
from tests.unit.slipway.release.sample import PROXY
from tests.unit.slipway.release.steps import NOW, ONE, ORDER, RELEASES, THREE, TWO, Rollout
from tests.unit.slipway.release.world import CANNOT_FAIL, KilledError, World


@pytest.fixture
def world() -> World:
    """A server on which the first release serves."""
    found = World()
    Rollout(ONE).run(found)
    found.done.clear()
    return found


def test_staging_gives_the_candidate_no_traffic(world: World) -> None:
    Rollout(TWO).run(world, "stage")
    assert world.state.phase == STAGED
    assert world.routed == {ONE: 100, TWO: 0}
    assert world.done == [
        *("record", "prepare", f"pull {TWO}", f"create {TWO}", f"start {TWO}", f"ready {TWO}"),
        *("route", "record"),
    ]


def test_smoke_tests_come_before_any_traffic(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage")
    world.done.clear()
    rollout.run(world, "smoke")
    assert world.done == [f"smoke {TWO}"]
    assert not world.do(rollout.plan("smoke", world.state), fail_at=frozenset({0}))
    assert world.routed == {ONE: 100}
    assert world.state.vote(rollout.ballot) == accord.ABORTED


def test_a_switch_moves_the_traffic_before_it_stops_the_old_workers(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage")
    world.done.clear()
    rollout.run(world, "switch")
    assert world.done == [
        *("record", f"workers {TWO}", "route", f"rest {ONE}", f"relieve {TWO}"),
        *(f"smoke {TWO}", f"bake {TWO}", "record"),
    ]
    assert world.containers[ONE] == {"web": "running", "worker": "stopped", "clerk": "stopped"}


def test_a_canary_takes_its_share_and_leaves_the_workers_alone(world: World) -> None:
    Rollout(TWO).run(world, "stage", "switch5")
    assert world.routed == {ONE: 95, TWO: 5}
    assert world.containers[ONE] == dict.fromkeys(("web", "worker", "clerk"), "running")
    assert world.containers[TWO]["worker"] == "created"


def test_a_share_that_has_been_held_is_not_held_again(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch25")
    world.done.clear()
    rollout.run(world, "switch5", "switch25")
    assert world.done == []
    rollout.run(world, "switch", "confirm", "finalize")
    assert world.routed == {TWO: 100}


def test_the_first_release_of_a_server_has_all_its_traffic_at_any_weight() -> None:
    world = World()
    Rollout(ONE).run(world, "stage", "switch5")
    assert world.routed == {ONE: 100}


def test_a_release_with_a_share_of_the_traffic_is_not_confirmed(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch50")
    with pytest.raises(SlipwayError, match="cannot be confirmed"):
        rollout.plan("confirm", world.state)


def test_a_server_that_restarts_during_the_trial_serves_what_was_committed(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch")
    world.restart()
    assert world.routed == {ONE: 100, TWO: 0}


def test_a_server_that_restarts_once_it_has_confirmed_serves_the_new_release(world: World) -> None:
    Rollout(TWO).run(world, "stage", "switch", "confirm")
    world.restart()
    assert world.routed == {ONE: 0, TWO: 100}


def test_confirming_brings_the_traffic_of_a_restarted_proxy_back(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch")
    world.restart()
    rollout.run(world, "confirm")
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
    back.run(world, "stage", "switch5")
    assert world.routed == {TWO: 100, ONE: 0}
    back.run(world, "switch", "switch5")
    assert world.routed == {ONE: 100, TWO: 0}
    back.run(world, "confirm", "finalize")
    assert world.routed == {ONE: 100}


def test_another_release_takes_the_place_of_a_warm_one(world: World) -> None:
    Rollout(TWO, warm=60).run(world)
    Rollout(THREE).run(world, "stage")
    assert set(world.containers[ONE].values()) == {"stopped"}


def test_a_failed_bake_gives_the_traffic_back_and_removes_the_candidate(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage")
    assert not world.do(rollout.plan("switch", world.state), fail_at=frozenset({6}))
    assert world.done[-1] != f"bake {TWO}"
    assert world.routed == {ONE: 100}
    assert TWO not in world.containers
    assert set(world.containers[ONE].values()) == {"running"}
    assert world.state.phase == IDLE
    assert world.state.vote(rollout.ballot) == accord.ABORTED


def test_an_abort_gives_the_traffic_back_before_it_cleans_up(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch")
    world.done.clear()
    rollout.run(world, "abort")
    assert world.done == [
        *("record", f"start {ONE}", "route", "record"),
        *(f"workers {ONE}", f"rest {TWO}", f"relieve {ONE}"),
        *(f"drain {TWO}", "route", f"remove {TWO}", "record", "prune"),
    ]


@pytest.mark.parametrize("steps", [("stage",), ("stage", "switch5"), ("stage", "switch")])
def test_a_full_disk_lets_the_traffic_go_back_and_keeps_the_rest(
    steps: tuple[str, ...], world: World
) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, *steps)
    containers = {each: dict(own) for each, own in world.containers.items()}
    world.full = True
    with pytest.raises(SlipwayError, match="full"):
        rollout.run(world, "abort")
    assert world.routed == {ONE: 100, TWO: 0}
    assert world.containers == containers
    world.full = False
    rollout.run(world, "abort")
    assert (world.routed, world.state.phase) == ({ONE: 100}, IDLE)


def test_a_step_that_a_full_disk_fails_gives_the_traffic_back(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch5")
    world.full = True
    with pytest.raises(SlipwayError, match="full"):
        rollout.run(world, "switch")
    assert world.routed == {ONE: 100, TWO: 0}


def test_a_confirmed_release_goes_back_only_with_evidence(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch", "confirm")
    assert rollout.plan("abort", world.state) == ()
    world.do(rollout.plan("abort", world.state, evidence=True))
    assert world.routed == {ONE: 100}


def test_a_failed_confirmation_leaves_the_vote_as_it_was_given(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch")
    assert not world.do(rollout.plan("confirm", world.state), fail_at=frozenset({2}))
    assert world.state.phase == CONFIRMED


def test_a_release_that_fell_over_after_it_was_watched_is_not_confirmed(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage", "switch")
    assert not world.do(rollout.plan("confirm", world.state), fail_at=frozenset({0}))
    assert (world.state.phase, world.routed) == (IDLE, {ONE: 100})


def test_a_committed_release_is_not_taken_back(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world)
    assert rollout.plan("abort", world.state, evidence=True) == ()


def test_a_rollout_that_was_given_up_before_it_began_never_begins(world: World) -> None:
    rollout = Rollout(TWO)
    before = world.state.epoch
    rollout.run(world, "abort")
    assert world.state.epoch == before + 1
    with pytest.raises(SlipwayError, match="has ended on this server"):
        rollout.plan("stage", world.state)


@pytest.mark.parametrize("step", ["stage", "confirm"])
def test_a_step_that_comes_long_after_its_rollout_changes_nothing(step: str, world: World) -> None:
    late = Rollout(TWO)
    late.run(world)
    Rollout(THREE).run(world, "stage")
    with pytest.raises(SlipwayError, match="has ended on this server"):
        late.plan(step, world.state)


def test_the_previous_release_survives_a_failed_return_to_it(world: World) -> None:
    Rollout(TWO).run(world)
    Rollout(ONE).run(world, "stage")
    back = world.state.candidate
    assert back
    world.do(machine.abort(world.state, ONE, back.ballot))
    assert set(world.containers[ONE].values()) == {"stopped"}


def test_staging_what_serves_heals_it_in_place(world: World) -> None:
    world.containers[ONE]["worker"] = "stopped"
    serving = world.state.serving
    Rollout(ONE).run(world, "stage", "migrate", "switch", "confirm")
    assert world.containers[ONE]["worker"] == "running"
    assert world.state.serving == serving


def test_a_healed_server_votes_with_the_others_and_stays_what_it_is(world: World) -> None:
    rollout = Rollout(ONE)
    rollout.run(world, "stage", "confirm")
    assert world.state.vote(rollout.ballot) == accord.CONFIRMED
    rollout.run(world, "finalize")
    assert world.state.vote(rollout.ballot) == accord.COMMITTED
    assert world.state.serving is not None
    assert world.state.serving.basis.token == rollout.token


def test_a_rollout_that_was_cut_off_after_its_switch_goes_on_under_another_name(
    world: World,
) -> None:
    first, second = Rollout(TWO), Rollout(TWO)
    first.run(world, "stage", "switch")
    second.run(world, "stage")
    assert world.state.vote(first.ballot) == accord.ABORTED
    second.run(world, "switch", "confirm", "finalize")
    assert world.state.epoch == 2
    assert world.routed == {TWO: 100}


def test_another_release_ends_an_unfinished_rollout_first(world: World) -> None:
    Rollout(TWO).run(world, "stage", "switch")
    Rollout(THREE).run(world, "stage")
    assert TWO not in world.containers
    assert world.routed == {ONE: 100, THREE: 0}


def test_a_confirmed_rollout_has_to_end_before_another_begins(world: World) -> None:
    Rollout(TWO).run(world, "stage", "switch", "confirm")
    with pytest.raises(SlipwayError, match=r"whether it came to its end is unknown.*resolve"):
        Rollout(THREE).plan("stage", world.state)


@pytest.mark.parametrize("steps", [("stage",), ("stage", "switch5"), ("stage", "switch")])
def test_the_end_of_the_lease_takes_a_trial_back(steps: tuple[str, ...], world: World) -> None:
    Rollout(TWO).run(world, *steps)
    world.do(machine.expire(world.state, [], NOW))
    assert world.routed == {ONE: 100}
    assert TWO not in world.containers


def test_the_proxy_goes_back_to_its_settings_with_the_release(world: World) -> None:
    other = replace(PROXY, http_port=8080)
    Rollout(TWO, proxy=other).run(world, "stage", "switch")
    assert world.state.proxy == other
    world.do(machine.expire(world.state, [], NOW))
    assert (world.state.proxy, world.state.proxy_before) == (PROXY, None)
    Rollout(TWO, proxy=other).run(world)
    assert (world.state.proxy, world.state.proxy_before) == (other, None)


@pytest.mark.parametrize(
    ("words", "serves", "phase"),
    [
        ([accord.CONFIRMED, accord.CONFIRMED], TWO, IDLE),
        ([accord.UNKNOWN, accord.COMMITTED], TWO, IDLE),
        ([accord.CONFIRMED, accord.ABORTED], ONE, IDLE),
        ([accord.CONFIRMED, accord.TENTATIVE], ONE, CONFIRMED),
        ([accord.CONFIRMED, accord.UNKNOWN], ONE, CONFIRMED),
        ([], TWO, IDLE),
    ],
)
def test_a_confirmed_server_comes_to_the_end_that_the_others_words_leave(
    words: list[str], serves: str, phase: str, world: World
) -> None:
    Rollout(TWO).run(world, "stage", "switch", "confirm")
    world.do(machine.expire(world.state, words, NOW))
    assert world.state.serving is not None
    assert (world.state.serving.id, world.state.phase) == (serves, phase)


@pytest.mark.parametrize(("end", "serves"), [(accord.COMMIT, TWO), (accord.GO_BACK, ONE)])
def test_a_person_decides_where_the_others_are_lost(end: str, serves: str, world: World) -> None:
    Rollout(TWO).run(world, "stage", "switch", "confirm")
    world.do(machine.resolve(world.state, end, NOW))
    assert world.routed == {serves: 100}


def test_there_is_nothing_to_decide_on_a_server_that_has_not_confirmed(world: World) -> None:
    with pytest.raises(SlipwayError, match="nothing to decide here: the server is idle"):
        machine.resolve(world.state, accord.COMMIT, NOW)


def test_a_migration_runs_once_for_a_release(world: World) -> None:
    Rollout(TWO).run(world, "stage", "migrate", "migrate")
    assert world.migrations == [ONE, TWO]


def test_a_damaged_old_container_does_not_stop_an_abort(world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, "stage")
    del world.containers[ONE]["worker"]
    rollout.run(world, "abort")
    assert world.state.phase == IDLE


@pytest.mark.parametrize("step", ["migrate", "smoke", "switch", "confirm", "finalize"])
def test_a_step_out_of_turn_is_refused_with_what_is_installed(step: str, world: World) -> None:
    with pytest.raises(SlipwayError, match=rf"release {THREE} cannot be .*{ONE} \(v1\) is idle"):
        Rollout(THREE).plan(step, world.state)


@pytest.mark.parametrize("steps", [("stage",), ("stage", "switch")])
def test_nothing_is_committed_before_it_was_confirmed(steps: tuple[str, ...], world: World) -> None:
    rollout = Rollout(TWO)
    rollout.run(world, *steps)
    with pytest.raises(SlipwayError, match="cannot be finalized"):
        rollout.plan("finalize", world.state)


class Rollouts(RuleBasedStateMachine):
    """Any step of any rollout at any time, with faults and kills between any two actions."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.finished = True
        self.untidy = False  # a commit that was killed or cannot tidy leaves it to the next one
        self.rollouts = {release: Rollout(release) for release in RELEASES}

    @rule(
        step=strategies.sampled_from([*ORDER, "smoke", "switch5", "switch50", "abort", "evidence"]),
        wanted=strategies.sampled_from(list(RELEASES)),
        fail_at=strategies.frozensets(strategies.integers(0, 20), max_size=2),
        crash_at=strategies.none() | strategies.integers(0, 20),
    )
    def step(self, step: str, wanted: str, fail_at: frozenset[int], crash_at: int | None) -> None:
        self.run(step, self.rollouts[wanted], fail_at, crash_at)

    @rule(wanted=strategies.sampled_from(list(RELEASES)))
    def another_rollout_of_the_same_release(self, wanted: str) -> None:
        self.rollouts[wanted] = Rollout(wanted)

    @rule(
        wanted=strategies.sampled_from(list(RELEASES)),
        shares=strategies.sampled_from([(), ("switch5", "switch50")]),
        crash_at=strategies.none() | strategies.integers(0, 12),
    )
    def whole_rollout(self, wanted: str, shares: tuple[str, ...], crash_at: int | None) -> None:
        rollout = self.rollouts[wanted] = Rollout(wanted)
        for step in ("stage", "migrate", *shares, "switch", "confirm"):
            self.run(step, rollout, frozenset(), None)
        self.run("finalize", rollout, frozenset(), crash_at)

    @rule(words=strategies.lists(strategies.sampled_from([accord.CONFIRMED, accord.ABORTED])))
    def the_lease_ends(self, words: list[str]) -> None:
        self.world.do(machine.expire(self.world.state, words, NOW))
        assert self.world.state.phase == IDLE
        self.finished = not self.untidy

    @rule(words=strategies.lists(strategies.sampled_from([accord.CONFIRMED, accord.ABORTED])))
    def the_lease_ends_on_a_full_disk(self, words: list[str]) -> None:
        state, self.world.full = self.world.state, True
        with contextlib.suppress(SlipwayError):
            self.world.do(machine.expire(state, words, NOW))
        self.world.full = False
        assert self.world.state == state
        if state.serving and state.phase not in (IDLE, CONFIRMED):
            assert self.world.receiving == {state.serving.id}
        self.untidy, self.finished = True, False

    @rule()
    def the_machine_restarts(self) -> None:
        self.world.restart()
        self.world.check()

    def run(
        self, step: str, rollout: Rollout, fail_at: frozenset[int], crash_at: int | None
    ) -> None:
        before = self.world.state.serving
        self.finished = False
        with contextlib.suppress(SlipwayError):
            evidence = step == "evidence"
            actions = rollout.plan(
                "abort" if evidence else step, self.world.state, evidence=evidence
            )
            try:
                succeeded = self.world.do(actions, fail_at=fail_at, crash_at=crash_at)
            except KilledError:
                self.untidy |= step == "finalize"
                return
            if step == "finalize":
                may_fail = {n for n, it in enumerate(actions) if it.verb not in CANNOT_FAIL}
                self.untidy = not may_fail.isdisjoint(fail_at)
            self.finished = self.world.state.phase == IDLE and not self.untidy and actions != ()
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
        assert state.phase == IDLE
        assert self.world.receiving == ({state.serving.id} if state.serving else set())


TestRollouts = Rollouts.TestCase
TestRollouts.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)


@pytest.mark.parametrize("step", [*ORDER, "abort"])
def test_a_step_that_is_killed_between_any_two_actions_is_completed_by_the_next_call(
    step: str,
) -> None:
    for crash_at in range(30):
        world, rollout = World(), Rollout(TWO)
        Rollout(ONE).run(world)
        earlier = ORDER[: ORDER.index(step)] if step in ORDER else ORDER[:3]
        if earlier:
            rollout.run(world, *earlier)
        try:
            world.do(rollout.plan(step, world.state), crash_at=crash_at)
        except KilledError:
            again = [step] if step == "abort" else ORDER[ORDER.index(step) :]
            rollout.run(world, *again)
            assert world.routed == {ONE if step == "abort" else TWO: 100}
            continue
        assert crash_at > 0
        return
    raise AssertionError("the step has more actions than this test tries")


def test_phases_say_who_gets_the_traffic(world: World) -> None:
    Rollout(TWO).run(world, "stage")
    staged = world.state
    assert replace(staged, phase=STAGING).traffic == {ONE: 100}
    assert staged.traffic == {ONE: 100, TWO: 0}
    assert replace(staged, phase=SWITCHED, weight=25).traffic == {ONE: 75, TWO: 25}
    assert replace(staged, phase=SWITCHED, weight=25).lasting == {ONE: 100, TWO: 0}
