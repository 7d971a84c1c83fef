"""Whatever the network does, the servers of a rollout come to the same outcome.

Three imagined servers and the runner. Every request of the runner may arrive late, twice or never;
answers may be lost; servers die between two actions, restart, and lose their lease; a server that
asks its peers may reach any of them or none.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from slipway.errors import SlipwayError
from slipway.rollout import machine
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Decision, Vote, decide
from tests.unit.slipway.rollout.steps import (
    NOW,
    ONE,
    PEER_ABORTED,
    TWO,
    Do,
    Rollout,
    share,
)
from tests.unit.slipway.rollout.world import KilledError, World

SERVERS = range(3)
STEPS = (Step.PULL, Step.START, share(5), Step.SWITCH, Step.PREPARE, Step.COMMIT)
SOME = st.sampled_from(SERVERS)
ANY = st.frozensets(SOME)
CRASHES = st.none() | st.none() | st.none() | st.integers(0, 8)
FAULTS = st.just(frozenset[int]()) | st.frozensets(st.integers(0, 8), max_size=1)
MOSTLY = st.sampled_from([True, True, True, False])


@dataclass(frozen=True)
class Request:
    """What the runner asked of a server; it stays on its way, and may arrive again."""

    step: Step | Do
    server: int


class Agreement(RuleBasedStateMachine):
    """One rollout by a runner that follows the plan and, after any silence, gives up."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [World() for _ in SERVERS]
        for each in self.servers:
            Rollout(ONE).run(each)
        self.rollout = Rollout(TWO)
        self.phase = 0
        self.sent: set[Request] = set()
        self.acknowledged: set[int] = set()
        self.gave_up = False
        self.fates: list[Vote | None] = [None for _ in SERVERS]

    # The runner.

    @initialize(phases=st.sampled_from([0, 1, 2, 3, 3, 4, 4, 4]))
    def all_went_well_so_far(self, phases: int) -> None:
        for _ in range(phases):
            self.the_runner_gets_through_a_phase()

    @precondition(lambda self: not self.gave_up and self.phase < len(STEPS))
    @rule(server=SOME, crash_at=CRASHES, fail_at=FAULTS, arrives=MOSTLY, heard=MOSTLY)
    def the_runner_asks_for_the_next_step(
        self,
        server: int,
        crash_at: int | None,
        fail_at: frozenset[int],
        arrives: bool,
        heard: bool,
    ) -> None:
        request = Request(STEPS[self.phase], server)
        self.sent.add(request)
        if arrives and self.deliver(request, crash_at, fail_at) and heard:
            self.acknowledged.add(server)
        if self.acknowledged == set(SERVERS):
            self.acknowledged = set()
            self.phase += 1

    @precondition(lambda self: not self.gave_up and self.phase < len(STEPS))
    @rule()
    def the_runner_gets_through_a_phase(self) -> None:
        for server in SERVERS:
            self.sent.add(Request(STEPS[self.phase], server))
            if server not in self.acknowledged:
                if not self.deliver(Request(STEPS[self.phase], server), None):
                    return
                self.acknowledged.add(server)
        self.acknowledged = set()
        self.phase += 1

    @precondition(lambda self: self.phase < len(STEPS))
    @rule(reached=ANY, crash_at=CRASHES)
    def the_runner_ends_the_rollout(self, reached: frozenset[int], crash_at: int | None) -> None:
        self.gave_up = True
        votes = {}
        for server in SERVERS:
            self.sent.add(Request(Step.ABORT, server))
            votes[server] = Vote.UNKNOWN
            if server in reached and self.deliver(Request(Step.ABORT, server), crash_at):
                votes[server] = self.vote(server)
        decision = decide(votes.values())
        for server in (s for s, vote in votes.items() if vote is Vote.PREPARED):
            if decision is Decision.COMMIT:
                self.deliver(Request(Step.COMMIT, server), None)
            elif decision is Decision.ABORT:
                self.sent.add(Request(PEER_ABORTED, server))
                self.deliver(Request(PEER_ABORTED, server), None)

    # The network and the machines.

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), crash_at=CRASHES)
    def a_request_arrives_late_or_again(self, data: st.DataObject, crash_at: int | None) -> None:
        requests = sorted(self.sent, key=str)
        self.deliver(data.draw(st.sampled_from(requests)), crash_at)

    @rule(server=SOME, reached=ANY, crash_at=CRASHES)
    def a_lease_ends(self, server: int, reached: frozenset[int], crash_at: int | None) -> None:
        world = self.servers[server]
        votes = [
            self.vote(peer) if peer in reached else Vote.UNKNOWN
            for peer in SERVERS
            if peer != server
        ]
        with contextlib.suppress(KilledError):
            world.do(machine.expire(world.state, votes, NOW), crash_at=crash_at)

    @rule(server=SOME)
    def a_server_restarts(self, server: int) -> None:
        self.servers[server].restart()

    def deliver(
        self, request: Request, crash_at: int | None, fail_at: frozenset[int] = frozenset()
    ) -> bool:
        """Whether the server did it, and said so."""
        world = self.servers[request.server]
        try:
            actions = self.rollout.plan(request.step, world.state)
            return world.do(actions, crash_at=crash_at, fail_at=fail_at)
        except (SlipwayError, KilledError):
            return False

    def vote(self, server: int) -> Vote:
        return self.servers[server].state.vote(self.rollout.transaction)

    # What must hold.

    @invariant()
    def no_two_servers_come_to_different_outcomes(self) -> None:
        ends = {self.vote(each) for each in SERVERS} & {
            Vote.COMMITTED,
            Vote.ABORTED,
        }
        assert len(ends) <= 1

    @invariant()
    def an_outcome_is_for_ever(self) -> None:
        for each in SERVERS:
            vote = self.vote(each)
            if self.fates[each]:
                assert vote == self.fates[each]
            elif vote in (Vote.COMMITTED, Vote.ABORTED):
                self.fates[each] = vote

    def teardown(self) -> None:
        """Once the network is whole again and all leases have ended, all serve one release."""
        for _ in SERVERS:
            for each in SERVERS:
                self.end_of_lease(each)
        phases = {world.state.phase for world in self.servers}
        assert phases <= {Phase.IDLE}, phases
        serving = {world.state.serving.id for world in self.servers if world.state.serving}
        assert len(serving) == 1

    def end_of_lease(self, server: int) -> None:
        world = self.servers[server]
        votes = [self.vote(peer) for peer in SERVERS if peer != server]
        world.do(machine.expire(world.state, votes, NOW))


TestAgreement = pytest.mark.timeout(180)(Agreement.TestCase)  # seconds, on a busy machine
TestAgreement.settings = settings(max_examples=120, stateful_step_count=15, deadline=None)


def test_a_server_that_is_prepared_and_alone_waits() -> None:
    world, rollout = World(), Rollout(TWO)
    Rollout(ONE).run(world)
    rollout.run(world, Step.PULL, Step.START, Step.SWITCH, Step.PREPARE)
    world.do(machine.expire(world.state, [Vote.UNKNOWN, Vote.UNKNOWN], NOW))
    assert world.state.phase == Phase.PREPARED
