from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer

import pytest

from slipway.agent.haproxy.socket import RuntimeSocket
from slipway.errors import SlipwayError

STATE = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port
3 web 1 a1 10.0.0.10 2 0 100 8000
3 web 2 b1 0.0.0.0 0 1 0 1
4 web:a 1 1 10.0.0.10 2 0 1 8000
"""
STATISTICS = """\
# pxname,svname,scur,status,weight
web,a1,3,UP,256
web,b1,,MAINT,0
"""
PROCESSES = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
1               master          1               0d00h01m00s     2.6.12
# workers
31              worker          0               0d00h00m10s     2.6.12
# old workers
8               worker          1               0d00h01m00s     2.6.12
# programs
"""


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[dict[str, str]]:
    """By command, what the proxy says on its socket."""
    with _listening(tmp_path / "haproxy.sock") as given:
        yield given


@pytest.fixture
def master(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the process above all workers says on its own."""
    with _listening(tmp_path / "master.sock") as given:
        yield given


@contextmanager
def _listening(path: Path) -> Iterator[dict[str, str]]:
    given: dict[str, str] = {}

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            command = self.rfile.readline().decode().strip()
            self.wfile.write(given.get(command, "Unknown command\n").encode())
            self.rfile.read()  # a master waits for more until it hears of the end

    with ThreadingUnixStreamServer(str(path), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield given
        server.shutdown()


@pytest.fixture
def runtime(tmp_path: Path, answers: dict[str, str]) -> RuntimeSocket:
    return RuntimeSocket(tmp_path / "haproxy.sock")


def test_slots_are_read_as_the_proxy_has_them(
    runtime: RuntimeSocket, answers: dict[str, str]
) -> None:
    answers["show servers state"] = STATE
    slots, enabled = runtime.slots()
    assert (slots["web/a1"].address, slots["web/a1"].port, slots["web/a1"].weight) == (
        "10.0.0.10", 8000, 100,
    )  # fmt: skip
    assert enabled == {"web/a1": True, "web/b1": False, "web:a/1": True}


def test_requests_on_some_slots_are_counted(
    runtime: RuntimeSocket, answers: dict[str, str]
) -> None:
    answers["show stat -1 4 -1"] = STATISTICS
    assert runtime.sessions(["web/a1", "web/b1"]) == 3
    assert runtime.sessions(["web/b1"]) == 0


@pytest.mark.parametrize(
    ("former", "left"),
    [
        ("web,a1,2,UP,256\n", 5),  # a WebSocket and a long request from before the reload
        ("web,a1,0,UP,256\n", 4),  # an open connection on which a request may come
        ("web,a1,0,MAINT,0\n", 3),
        ("", 3),
    ],
)
def test_a_worker_from_before_a_reload_is_waited_for_while_it_uses_the_slots(
    runtime: RuntimeSocket, answers: dict[str, str], master: dict[str, str], former: str, left: int
) -> None:
    answers["show stat -1 4 -1"] = STATISTICS
    master["show proc"] = PROCESSES
    master["@!8 show stat -1 4 -1"] = "# pxname,svname,scur,status,weight\n" + former
    assert runtime.sessions(["web/a1"]) == left


def test_a_former_worker_that_has_just_ended_is_not_waited_for(
    runtime: RuntimeSocket, answers: dict[str, str], master: dict[str, str]
) -> None:
    answers["show stat -1 4 -1"] = STATISTICS
    master["show proc"] = PROCESSES
    master["@!8 show stat -1 4 -1"] = "Can't find the target PID matching the prefix '@!8'\n"
    assert runtime.sessions(["web/a1"]) == 3


def test_the_mark_of_the_running_configuration_is_its_description(
    runtime: RuntimeSocket, answers: dict[str, str]
) -> None:
    answers["show info"] = "Name: HAProxy\nPid: 42\nStart_time_sec: 99\ndescription: ab12\n"
    assert runtime.shape() == "ab12"
    assert runtime.worker() == "42 since 99"


def test_a_refused_command_is_an_error(runtime: RuntimeSocket, answers: dict[str, str]) -> None:
    answers["set server web/a1 weight 0"] = "No such server.\n"
    with pytest.raises(SlipwayError, match="rejected a command: No such server"):
        runtime.execute(["set server web/a1 weight 0"])


def test_a_confirmed_command_is_not(runtime: RuntimeSocket, answers: dict[str, str]) -> None:
    answers["set server web/a1 addr 10.0.0.11"] = "IP changed from '10.0.0.10' to '10.0.0.11'\n"
    runtime.execute(["set server web/a1 addr 10.0.0.11"])


def test_a_proxy_that_is_down_is_an_error_that_names_its_socket(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"none\.sock: the proxy does not answer"):
        RuntimeSocket(tmp_path / "none.sock").shape()
