import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from shop import server as server_module
from shop.server import GracefulServer, Request, Response

LIMIT = 5.0
Connect = Callable[[], http.client.HTTPConnection]


class Echo:
    """Says what it was asked; `/slow` not before `go_on` is set."""

    def __init__(self) -> None:
        self.go_on, self._slow = threading.Event(), threading.Semaphore(0)

    def __call__(self, request: Request) -> Response:
        if request.path == "/slow":
            self._slow.release()
            self.go_on.wait(LIMIT)
        return Response(200, f"{request.method} {request.path} {len(request.body)}".encode())

    def has(self, requests: int) -> bool:
        """Whether that many wait, or come to do so in time."""
        return all(self._slow.acquire(timeout=LIMIT) for _ in range(requests))


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def server(echo: Echo) -> Iterator[GracefulServer]:
    server = GracefulServer(0, echo)
    server.start()
    yield server
    echo.go_on.set()
    if not server.draining:
        server.drain(1)


@pytest.fixture
def connect(server: GracefulServer) -> Connect:
    return lambda: http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)


def get(connection: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response


def test_one_connection_serves_many_requests(connect: Connect) -> None:
    connection = connect()
    get(connection, "/")
    first = connection.sock
    assert get(connection, "/?query=1").status == 200
    assert connection.sock is first


def test_an_answer_to_head_has_a_length_and_no_body(connect: Connect) -> None:
    connection = connect()
    connection.request("HEAD", "/abc")
    response = connection.getresponse()
    assert response.headers["Content-Length"] == str(len("HEAD /abc 0"))
    assert response.read() == b""
    assert get(connection, "/").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "65537"}, 413),
        ({"Content-Length": "-1"}, 411),
        ({"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_the_connection_closed(
    connect: Connect, headers: dict[str, str], status: int
) -> None:
    connection = connect()
    connection.request("POST", "/", headers=headers)
    response = connection.getresponse()
    assert response.status == status
    assert response.headers["Connection"] == "close"
    assert json.loads(response.read())["errors"]


def test_a_drain_answers_the_requests_under_way(
    server: GracefulServer, echo: Echo, connect: Connect
) -> None:
    connections = [connect() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(get, connection, "/slow") for connection in connections]
        assert echo.has(10)
        threading.Timer(server_module.LINGER + 0.2, echo.go_on.set).start()
        assert server.drain(LIMIT)
        for answer in answers:
            assert answer.result().status == 200
            assert answer.result().headers["Connection"] == "close"


def test_a_drain_answers_connections_that_wait_to_be_accepted(
    server: GracefulServer, connect: Connect
) -> None:
    server.shutdown()  # nobody accepts any more
    waiting = connect()
    waiting.request("GET", "/waiting")
    assert server.drain(LIMIT)
    assert waiting.getresponse().status == 200


def test_a_drain_answers_a_client_that_sends_just_then_and_says_close(
    server: GracefulServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "LINGER", LIMIT)
    connection = connect()
    get(connection, "/")
    drain = threading.Thread(target=server.drain, args=(LIMIT,))
    drain.start()
    while server.socket.fileno() != -1:  # somebody new would be refused
        time.sleep(0.01)
    assert get(connection, "/").headers["Connection"] == "close"
    drain.join()


def test_a_drain_does_not_wait_for_idle_connections(
    server: GracefulServer, connect: Connect
) -> None:
    idle = connect()
    get(idle, "/")
    assert server.drain(LIMIT)  # False if it has waited that long
    idle.sock.settimeout(1)
    assert idle.sock.recv(1) == b""


def test_a_drained_server_accepts_nobody(server: GracefulServer, connect: Connect) -> None:
    server.drain(1)
    with pytest.raises(ConnectionRefusedError):
        get(connect(), "/")


def test_a_drain_ends_at_its_limit(server: GracefulServer, echo: Echo, connect: Connect) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, connect(), "/slow")
        assert echo.has(1)
        assert not server.drain(0.01)
        echo.go_on.set()
        answer.result()


def test_a_client_that_goes_away_disturbs_nobody(
    server: GracefulServer, echo: Echo, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as rude:
        rude.sendall(b"GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert echo.has(1)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    echo.go_on.set()
    assert get(connect(), "/").status == 200
    assert server.drain(LIMIT)
    assert "ERROR" not in capsys.readouterr().out
