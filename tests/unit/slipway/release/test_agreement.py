"""Whatever the network does, the servers of a rollout come to the same end.

Three imagined servers and the runner. Every order of the runner may arrive late, twice or never;
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
from slipway.release import accord, machine
from slipway.release.state import CONFIRMED, IDLE
from tests.unit.slipway.release.steps import NOW, ONE, TWO, Rollout
from tests.unit.slipway.release.world import KilledError, World

SERVERS = range(3)
STEPS = ("stage", "switch5", "switch", "confirm", "finalize")
SOME = st.sampled_from(SERVERS)
ANY = st.frozensets(SOME)
CRASHES = st.none() | st.none() | st.none() | st.integers(0, 8)
FAULTS = st.just(frozenset[int]()) | st.frozensets(st.integers(0, 8), max_size=1)
MOSTLY = st.sampled_from([True, True, True, False])


@dataclass(frozen=True)
class Order:
    """What the runner told a server; it stays on its way, and may arrive again."""

    step: str
    server: int
    evidence: bool = False


class Agreement(RuleBasedStateMachine):
    """One rollout by a runner that follows the plan and, after any silence, gives up."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [World() for _ in SERVERS]
        for each in self.servers:
            Rollout(ONE).run(each)
        self.rollout = Rollout(TWO)
        self.phase = 0
        self.sent: set[Order] = set()
        self.acknowledged: set[int] = set()
        self.gave_up = False
        self.fates: list[str] = ["" for _ in SERVERS]

    # The runner.

    @initialize(phases=st.sampled_from([0, 1, 2, 3, 3, 4, 4, 4]))
    def all_went_well_so_far(self, phases: int) -> None:
        for _ in range(phases):
            self.the_runner_gets_through_a_phase()

    @precondition(lambda self: not self.gave_up and self.phase < len(STEPS))
    @rule(server=SOME, crash_at=CRASHES, fail_at=FAULTS, arrives=MOSTLY, heard=MOSTLY)
    def the_runner_orders_the_next_step(
        self,
        server: int,
        crash_at: int | None,
        fail_at: frozenset[int],
        arrives: bool,
        heard: bool,
    ) -> None:
        order = Order(STEPS[self.phase], server)
        self.sent.add(order)
        if arrives and self.deliver(order, crash_at, fail_at) and heard:
            self.acknowledged.add(server)
        if self.acknowledged == set(SERVERS):
            self.acknowledged = set()
            self.phase += 1

    @precondition(lambda self: not self.gave_up and self.phase < len(STEPS))
    @rule()
    def the_runner_gets_through_a_phase(self) -> None:
        for server in SERVERS:
            self.sent.add(Order(STEPS[self.phase], server))
            if server not in self.acknowledged:
                if not self.deliver(Order(STEPS[self.phase], server), None):
                    return
                self.acknowledged.add(server)
        self.acknowledged = set()
        self.phase += 1

    @precondition(lambda self: self.phase < len(STEPS))
    @rule(reached=ANY, crash_at=CRASHES)
    def the_runner_ends_the_rollout(self, reached: frozenset[int], crash_at: int | None) -> None:
        self.gave_up = True
        words = {}
        for server in SERVERS:
            self.sent.add(Order("abort", server))
            words[server] = accord.UNKNOWN
            if server in reached and self.deliver(Order("abort", server), crash_at):
                words[server] = self.word(server)
        follows = accord.conclusion(words.values())
        for server in (s for s, word in words.items() if word == accord.CONFIRMED):
            if follows == accord.COMMIT:
                self.deliver(Order("finalize", server), None)
            elif follows == accord.GO_BACK:
                self.sent.add(Order("abort", server, evidence=True))
                self.deliver(Order("abort", server, evidence=True), None)

    # The network and the machines.

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), crash_at=CRASHES)
    def an_order_arrives_late_or_again(self, data: st.DataObject, crash_at: int | None) -> None:
        orders = sorted(self.sent, key=str)
        self.deliver(data.draw(st.sampled_from(orders)), crash_at)

    @rule(server=SOME, reached=ANY, crash_at=CRASHES)
    def a_lease_ends(self, server: int, reached: frozenset[int], crash_at: int | None) -> None:
        world = self.servers[server]
        words = [
            self.word(peer) if peer in reached else accord.UNKNOWN
            for peer in SERVERS
            if peer != server
        ]
        with contextlib.suppress(KilledError):
            world.do(machine.expire(world.state, words, NOW), crash_at=crash_at)

    @rule(server=SOME)
    def a_server_restarts(self, server: int) -> None:
        self.servers[server].restart()

    def deliver(
        self, order: Order, crash_at: int | None, fail_at: frozenset[int] = frozenset()
    ) -> bool:
        """Whether the server did it, and said so."""
        world = self.servers[order.server]
        try:
            actions = self.rollout.plan(order.step, world.state, evidence=order.evidence)
            return world.do(actions, crash_at=crash_at, fail_at=fail_at)
        except (SlipwayError, KilledError):
            return False

    def word(self, server: int) -> str:
        return self.servers[server].state.vote(self.rollout.ballot)

    # What must hold.

    @invariant()
    def no_two_servers_come_to_different_ends(self) -> None:
        ends = {self.word(each) for each in SERVERS} & {accord.COMMITTED, accord.ABORTED}
        assert len(ends) <= 1

    @invariant()
    def an_end_is_for_ever(self) -> None:
        for each in SERVERS:
            word = self.word(each)
            if self.fates[each]:
                assert word == self.fates[each]
            elif word in (accord.COMMITTED, accord.ABORTED):
                self.fates[each] = word

    def teardown(self) -> None:
        """Once the network is whole again and all leases have ended, all serve one release."""
        for _ in SERVERS:
            for each in SERVERS:
                self.end_of_lease(each)
        phases = {world.state.phase for world in self.servers}
        assert phases <= {IDLE}, phases
        serving = {world.state.serving.id for world in self.servers if world.state.serving}
        assert len(serving) == 1

    def end_of_lease(self, server: int) -> None:
        world = self.servers[server]
        words = [self.word(peer) for peer in SERVERS if peer != server]
        world.do(machine.expire(world.state, words, NOW))


TestAgreement = pytest.mark.timeout(180)(Agreement.TestCase)  # seconds, on a busy machine
TestAgreement.settings = settings(max_examples=120, stateful_step_count=15, deadline=None)


def test_a_server_that_has_confirmed_and_is_alone_waits() -> None:
    world, rollout = World(), Rollout(TWO)
    Rollout(ONE).run(world)
    rollout.run(world, "stage", "switch", "confirm")
    world.do(machine.expire(world.state, [accord.UNKNOWN, accord.UNKNOWN], NOW))
    assert world.state.phase == CONFIRMED
