"""What the other servers say is believed only where it is one of the votes that there are."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from typing import Any

import pytest

from slipway.agent import peers
from slipway.agent.haproxy.frontend import VOTE_PATH
from slipway.rollout.two_phase_commit import Vote
from tests.unit.slipway.agent.health.web import raw, web

TRANSACTION = "f00d-aaaaaaaaaaaa"
PATH = VOTE_PATH + TRANSACTION


def answered(status: int, body: Any) -> Vote:
    with web({PATH: (status, body)}) as port:
        return peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION)["one"]


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
        assert peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION) == {"one": Vote.UNKNOWN}


def test_nobody_there_decides_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert peers.ask({"one": f"127.0.0.1:{port}"}, TRANSACTION) == {"one": Vote.UNKNOWN}


def test_a_peer_that_never_answers_is_waited_for_no_longer_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peers, "TIMEOUT", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        web({PATH: (200, Vote.PREPARED)}) as port,
    ):
        addresses = {"silent": f"127.0.0.1:{silent.getsockname()[1]}", "two": f"127.0.0.1:{port}"}
        assert peers.ask(addresses, TRANSACTION) == {"silent": Vote.UNKNOWN, "two": Vote.PREPARED}


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
        assert peers.ask(addresses, TRANSACTION) == votes


def test_all_are_asked_at_once() -> None:
    meeting = threading.Barrier(peers.AT_ONCE, timeout=5)  # none is answered until all have asked

    def answer(_: bytes) -> bytes:
        meeting.wait()
        return b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nprepared"

    with ExitStack() as servers:
        addresses = {
            str(n): f"127.0.0.1:{servers.enter_context(raw(answer))}" for n in range(peers.AT_ONCE)
        }
        assert set(peers.ask(addresses, TRANSACTION).values()) == {Vote.PREPARED}


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
            "one": Vote.COMMITTED
        }
        thread.join(5)


def test_a_rollout_of_one_server_has_nobody_to_ask() -> None:
    assert peers.ask({}, TRANSACTION) == {}
