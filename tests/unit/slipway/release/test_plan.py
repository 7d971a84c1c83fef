"""What holds for every plan of a rollout, whatever the servers and the batches."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from slipway.release.plan import Action, Step, rolling

SERVERS = st.lists(
    st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True
)
PLANS = st.builds(
    rolling, SERVERS, batch=st.integers(1, 9), pause=st.floats(0, 60), migrate=st.booleans()
)


def ancestors(plan: Sequence[Step]) -> dict[str, set[str]]:
    """By step, all that has succeeded before it begins; KeyError unless those come before it."""
    found: dict[str, set[str]] = {}
    for step in plan:
        found[step.name] = {*step.after}.union(*(found[before] for before in step.after))
    return found


def of(plan: Sequence[Step], action: Action) -> set[str]:
    return {step.name for step in plan if step.action is action}


@given(PLANS)
def test_names_are_unique(plan: list[Step]) -> None:
    assert len({step.name for step in plan}) == len(plan)


@given(PLANS)
def test_a_step_waits_only_for_steps_that_come_before_it(plan: list[Step]) -> None:
    assert ancestors(plan).keys() == {step.name for step in plan}


@given(PLANS)
def test_every_server_is_checked_before_any_is_staged(plan: list[Step]) -> None:
    before = ancestors(plan)
    assert all(of(plan, Action.PREFLIGHT) <= before[name] for name in of(plan, Action.STAGE))


@given(PLANS)
def test_every_server_is_staged_before_any_switches(plan: list[Step]) -> None:
    before = ancestors(plan)
    assert all(of(plan, Action.STAGE) <= before[name] for name in of(plan, Action.SWITCH))


@given(PLANS)
def test_all_servers_have_switched_before_any_commits(plan: list[Step]) -> None:
    before = ancestors(plan)
    assert all(of(plan, Action.SWITCH) <= before[name] for name in of(plan, Action.FINALIZE))


@given(SERVERS, st.floats(0, 60), st.integers(1, 9))
def test_the_migration_runs_once_when_all_is_staged_and_no_traffic_has_moved(
    servers: list[str], pause: float, batch: int
) -> None:
    plan = rolling(servers, batch=batch, pause=pause, migrate=True)
    before = ancestors(plan)
    (migration,) = of(plan, Action.MIGRATE)
    assert migration == f"migrate-{servers[0]}"
    assert of(plan, Action.STAGE) <= before[migration]
    assert all(migration in before[name] for name in of(plan, Action.SWITCH))


@given(PLANS)
def test_every_server_goes_through_every_action_once(plan: list[Step]) -> None:
    servers = {step.server for step in plan}
    for action in set(Action) - {Action.MIGRATE}:
        assert sorted(s.server for s in plan if s.action is action) == sorted(servers)


@given(SERVERS, st.integers(1, 9), st.booleans())
def test_no_more_servers_switch_at_once_than_the_batch(
    servers: list[str], batch: int, migrate: bool
) -> None:
    plan = rolling(servers, batch=batch, pause=1, migrate=migrate)
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
    plan = rolling(servers, batch=batch, pause=pause, migrate=False)
    delayed = [step.server for step in plan if step.delay]
    assert delayed == servers[batch:]
    assert all(step.delay in (0, pause) for step in plan)


def test_two_servers_one_after_the_other() -> None:
    plan = rolling(["one", "two"], batch=1, pause=5, migrate=False)
    assert plan == [
        Step(Action.PREFLIGHT, "one"),
        Step(Action.PREFLIGHT, "two"),
        Step(Action.STAGE, "one", ("preflight-one", "preflight-two")),
        Step(Action.STAGE, "two", ("preflight-one", "preflight-two")),
        Step(Action.SWITCH, "one", ("stage-one", "stage-two")),
        Step(Action.SWITCH, "two", ("switch-one",), 5),
        Step(Action.FINALIZE, "one", ("switch-one", "switch-two")),
        Step(Action.FINALIZE, "two", ("switch-one", "switch-two")),
    ]
