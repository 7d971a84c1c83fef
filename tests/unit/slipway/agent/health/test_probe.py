"""What each kind of readiness takes for ready, against real sockets."""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import Any

import pytest

from slipway.agent.health import Subject, fault
from slipway.rollout.release import Health
from tests.unit.slipway.agent.fake_engine import Containers
from tests.unit.slipway.agent.health.web import Answers, raw, web

ISSUER = "https://login.example.org/realms/shop"
DOCUMENT = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/certs"}
PLACE = "/realms/shop/.well-known/openid-configuration"
KEYS = {"keys": [{"kid": "1"}]}


def asked(port: int, **health: Any) -> str:
    subject = Subject("web", "web-1", Health(**health), "127.0.0.1", port)
    return fault(Containers("web"), subject)


def message(letter: bytes, content: bytes) -> bytes:
    return letter + struct.pack(">I", len(content) + 4) + content


def error(code: str, text: str) -> bytes:
    return message(b"E", f"SFATAL\0C{code}\0M{text}\0\0".encode())


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, ""),
        ({"body": "all is"}, ""),
        ({"expect": {"status": "up", "checks.0.ok": True, "checks.1.ms": 3}}, ""),
        ({"status": 204}, "GET /ready answered 200 instead of 204"),
        ({"body": "nope"}, "GET /ready answered without 'nope'"),
        ({"expect": {"status": "down"}}, 'GET /ready answered status "up" instead of "down"'),
        ({"expect": {"checks.0.ok": 1}}, "GET /ready answered checks.0.ok true instead of 1"),
        ({"expect": {"checks.7": 1}}, "GET /ready answered JSON without checks.7"),
    ],
)
def test_a_web_service_is_ready_when_it_answers_as_wanted(
    wanted: dict[str, Any], said: str
) -> None:
    content = {"status": "up", "note": "all is well", "checks": [{"ok": True}, {"ms": 3}]}
    with web({"/ready": (200, content)}) as port:
        assert asked(port, kind="http", path="/ready", **wanted) == said


def test_text_is_no_json() -> None:
    with web({"/": (200, "fine")}) as port:
        assert (
            asked(port, kind="http", expect={"a": 1}) == "GET / answered something that is not JSON"
        )


def test_an_answer_that_does_not_come_is_given_up_in_time() -> None:
    given_up = threading.Event()

    def nothing(_: bytes) -> bytes:
        given_up.wait(30)
        return b""

    with raw(nothing) as port:
        began = time.monotonic()
        try:
            assert "timed out" in asked(port, kind="http", timeout=0.2)
            assert time.monotonic() - began < 10
        finally:
            given_up.set()


@pytest.mark.parametrize("kind", ["http", "tcp", "postgres", "redis", "oidc"])
def test_a_port_that_nobody_listens_on_is_named(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert asked(port, kind=kind).startswith(f"{kind} port {port}: ")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (message(b"R", struct.pack(">I", 5) + b"salt"), ""),
        (error("28P01", "password authentication failed"), ""),
        (error("3D000", "no such database"), ""),
        (error("57P03", "the database system is starting up"), "the database system is starting"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer like PostgreSQL"),
        (b"", "does not answer like PostgreSQL"),
    ],
    ids=["asks for a password", "wrong user", "no database", "starting", "a web server", "silence"],
)
def test_postgres_is_ready_when_it_takes_connections(answer: bytes, said: str) -> None:
    sent: list[bytes] = []

    def reply(received: bytes) -> bytes:
        sent.append(received)
        return answer

    with raw(reply) as port:
        assert asked(port, kind="postgres").startswith(said)
        assert bool(asked(port, kind="postgres")) == bool(said)
    length, version = struct.unpack(">II", sent[0][:8])
    assert (length, version) == (len(sent[0]), 196608)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"+PONG\r\n", ""),
        (b"-NOAUTH Authentication required.\r\n", ""),
        (b"-LOADING Redis is loading\r\n", "LOADING Redis is loading"),
        (b"", "closed the connection"),
    ],
)
def test_redis_is_ready_when_it_answers_or_wants_a_password(answer: bytes, said: str) -> None:
    with raw(lambda _: answer) as port:
        assert asked(port, kind="redis") == said


def test_a_login_service_is_asked_itself_under_its_outer_name() -> None:
    heard: list[dict[str, str]] = []
    with web({PLACE: (200, DOCUMENT), "/realms/shop/certs": (200, KEYS)}, heard) as port:
        assert asked(port, kind="oidc", path="/realms/shop", issuer=ISSUER) == ""
    assert [(each["path"], each["Host"]) for each in heard] == [
        (PLACE, "login.example.org"),
        ("/realms/shop/certs", "login.example.org"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({PLACE: (404, "")}, "answered 404 instead of 200"),
        ({PLACE: (200, "hello")}, "answered no JSON object"),
        ({PLACE: (200, {"issuer": ISSUER})}, "has no issuer or no jwks_uri"),
        ({PLACE: (200, {**DOCUMENT, "issuer": "https://evil"})}, "its issuer is 'https://evil'"),
        ({"/realms/shop/certs": (503, "")}, f"GET {ISSUER}/certs answered 503 instead of 200"),
        ({"/realms/shop/certs": (200, {"keys": []})}, f"{ISSUER}/certs has no keys"),
    ],
)
def test_a_login_service_that_offers_less_is_not_ready(change: Answers, said: str) -> None:
    answers = {PLACE: (200, DOCUMENT), "/realms/shop/certs": (200, KEYS), **change}
    with web(answers) as port:
        assert said in asked(port, kind="oidc", path="/realms/shop", issuer=ISSUER)


def test_any_issuer_will_do_where_none_is_given() -> None:
    answers: Answers = {PLACE: (200, DOCUMENT), "/realms/shop/certs": (200, KEYS)}
    with web(answers) as port:
        assert asked(port, kind="oidc", path="/realms/shop") == ""


SECRET = "hunter2-is-secret"


class Saying(Containers):
    """A health command that fails, and tells the container's secret with `after` behind it."""

    def __init__(self, after: str) -> None:
        super().__init__("web", environment=(f"TOKEN={SECRET}",))
        self.after = after

    def execute(self, *_: object) -> tuple[int, str]:
        return 7, f"no login with {SECRET}{self.after}\n"


@pytest.mark.parametrize(
    ("after", "said"),
    [(" today", "no login with *** today"), ("x" * 195, "h ***" + "x" * 195)],
    ids=["whole", "cut"],
)
def test_a_failing_health_command_tells_no_secret(after: str, said: str) -> None:
    subject = Subject("web", "web-1", Health("command", command=("check",)))
    told = fault(Saying(after), subject)
    assert told == f"health command exited (7): {said}"


def test_what_a_service_answers_tells_no_secret() -> None:
    engine = Containers("web", environment=(f"TOKEN={SECRET}",))
    with web({"/": (200, {"token": SECRET})}) as port:
        health = Health("http", expect={"token": ""})
        subject = Subject("web", "web-1", health, "127.0.0.1", port)
        assert fault(engine, subject) == 'GET / answered token "***" instead of ""'


def test_a_web_service_is_asked_as_by_a_user() -> None:
    heard: list[dict[str, str]] = []
    with web({"/": (200, "")}, heard) as port:
        subject = Subject(
            "web", "web-1", Health("http"), "127.0.0.1", port, "shop.example.org", "https"
        )
        assert fault(Containers("web"), subject) == ""
    (request,) = heard
    assert (request["Host"], request["X-Forwarded-Proto"]) == ("shop.example.org", "https")


def test_a_service_with_a_port_and_no_check_has_to_listen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert asked(port, kind="container") == ""
    assert "refused" in asked(port, kind="container")


def test_the_images_own_check_is_enough() -> None:
    engine = Containers("web")
    engine.found["web"]["State"]["Health"] = {"Status": "healthy"}
    assert fault(engine, Subject("web", "web-1", Health(), "127.0.0.1", 1)) == ""
