"""What the other servers say is believed only where it is one of the votes that there are."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from typing import Any

import pytest

from slipway.agent import peers
from slipway.agent.haproxy.frontend import VOTE_PATH
from slipway.agent.peers import Answer
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase, State, install
from slipway.rollout.two_phase_commit import Vote
from tests.unit.slipway.agent.health.web import raw, web
from tests.unit.slipway.rollout.sample import PROXY, release

TRANSACTION = "f00d-aaaaaaaaaaaa"
PATH = VOTE_PATH + TRANSACTION
UNKNOWN = Answer(Vote.UNKNOWN)


def answered(status: int, body: Any) -> Vote:
    with web({PATH: (status, body)}) as port:
        return peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION)["one"].vote


@pytest.mark.parametrize("vote", list(Vote))
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_peer_says_how_it_votes(vote: Vote, end: str) -> None:
    assert answered(200, vote.value + end) is vote


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "unknown"),
        (200, ""),
        (200, "COMMITTED"),
        (200, "committed by mistake"),
        (200, "<html>Welcome!</html>"),
        (200, "ééé"),
        (404, Vote.COMMITTED),
        (302, Vote.COMMITTED),
        (503, Vote.COMMITTED),
    ],
)
def test_what_is_no_vote_decides_nothing(status: int, body: str) -> None:
    assert answered(status, body) == Vote.UNKNOWN


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\n\r\n\xff"]
)
def test_what_is_no_answer_decides_nothing(answer: bytes) -> None:
    with raw(lambda _: answer) as port:
        assert peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION) == {"one": UNKNOWN}


def test_nobody_there_decides_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION) == {"one": UNKNOWN}


def test_a_peer_that_never_answers_is_waited_for_no_longer_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peers, "TIMEOUT", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        web({PATH: (200, Vote.PREPARED)}) as port,
    ):
        addresses = {"silent": f"127.0.0.1:{silent.getsockname()[1]}", "two": f"127.0.0.1:{port}"}
        assert peers.ask(addresses, TRANSACTION) == {
            "silent": UNKNOWN,
            "two": Answer(Vote.PREPARED),
        }


def test_a_peer_is_asked_once_at_the_path_that_its_proxy_answers() -> None:
    heard: list[dict[str, str]] = []
    with web({}, heard) as port:
        peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION)
    assert [(each["path"], each["Connection"]) for each in heard] == [(PATH, "close")]


def test_every_vote_is_told_under_the_name_of_its_peer() -> None:
    votes = {"c": Vote.ABORTED, "a": Vote.PREPARED, "b": Vote.TENTATIVE}
    with ExitStack() as servers:
        addresses = {
            name: f"127.0.0.1:{servers.enter_context(web({PATH: (200, vote)}))}"
            for name, vote in votes.items()
        }
        found = peers.ask(addresses, TRANSACTION)
    assert found == {name: Answer(vote) for name, vote in votes.items()}


def test_all_are_asked_at_once() -> None:
    meeting = threading.Barrier(peers.AT_ONCE, timeout=5)  # none is answered until all have asked

    def answer(_: bytes) -> bytes:
        meeting.wait()
        return b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nprepared"

    with ExitStack() as servers:
        addresses = {
            str(n): f"127.0.0.1:{servers.enter_context(raw(answer))}" for n in range(peers.AT_ONCE)
        }
        assert set(peers.ask(addresses, TRANSACTION).values()) == {Answer(Vote.PREPARED)}


def test_a_peer_may_have_an_ipv6_address() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncommitted"
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert peers.ask({"one": f"[::1]:{listener.getsockname()[1]}"}, TRANSACTION) == {
            "one": Answer(Vote.COMMITTED)
        }
        thread.join(5)


def test_a_rollout_of_one_server_has_nobody_to_ask() -> None:
    assert peers.ask({}, TRANSACTION) == {}


OLD = install(State(), release("v1"), PROXY, context=RolloutContext())


def under_way(phase: Phase, *addresses: str) -> State:
    """A rollout with these peers."""
    context = RolloutContext("v1", "f00d", dict(zip("abc", addresses, strict=False)))
    candidate = install(State(serving=OLD), release("v2"), PROXY, context=context)
    return State(phase=phase, serving=OLD, candidate=candidate, proxy=PROXY)


def test_what_a_server_publishes_is_what_its_peers_read() -> None:
    state = under_way(Phase.SWITCHED).ended("f00d-before", Vote.COMMITTED)
    assert state.candidate is not None
    own = state.candidate.transaction
    told = peers.answers(state, until=1800.4)
    assert told == {"f00d-before": "committed", own: "tentative@1800"}
    with web({VOTE_PATH + own: (200, told[own])}) as port:
        assert peers.ask({"one": f"127.0.0.1:{port}"}, own) == {
            "one": Answer(Vote.TENTATIVE, 1800.0)
        }


@pytest.mark.parametrize(
    ("told", "goes_on"),
    [
        (["tentative@1000", "tentative@1100"], True),
        (["prepared@1100"], True),
        (["tentative@1000", "unknown"], False),
        (["tentative@1100", "aborted"], False),
        (["tentative@soon"], False),
        (["tentative"], False),
        ([], False),
    ],
)
def test_a_rollout_goes_on_while_a_peer_has_a_lease_and_none_has_ended_it(
    told: list[str], goes_on: bool
) -> None:
    transaction = under_way(Phase.SWITCHED).votes.popitem()[0]
    with ExitStack() as servers:
        addresses = [
            f"127.0.0.1:{servers.enter_context(web({VOTE_PATH + transaction: (200, text)}))}"
            for text in told
        ]
        state = under_way(Phase.SWITCHED, *addresses)
        assert peers.go_on(state, now=1050.0) == goes_on


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREPARED, Phase.ABORTING])
def test_where_nothing_is_on_trial_nobody_is_asked(phase: Phase) -> None:
    assert not peers.go_on(under_way(phase, "127.0.0.1:9"), now=0.0)
