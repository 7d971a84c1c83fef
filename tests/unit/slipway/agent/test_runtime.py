from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer

import pytest

from slipway.agent.runtime import Runtime
from slipway.errors import SlipwayError

STATE = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port
3 web 1 a1 10.0.0.10 2 0 100 8000
3 web 2 b1 0.0.0.0 0 1 0 1
4 web:a 1 1 10.0.0.10 2 0 1 8000
"""
STATISTICS = """\
# pxname,svname,scur,status
web,a1,3,UP
web,b1,,MAINT
"""


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[dict[str, str]]:
    given: dict[str, str] = {}

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            command = self.rfile.readline().decode().strip()
            self.wfile.write(given.get(command, "Unknown command\n").encode())

    with ThreadingUnixStreamServer(str(tmp_path / "haproxy.sock"), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield given
        server.shutdown()


@pytest.fixture
def runtime(tmp_path: Path, answers: dict[str, str]) -> Runtime:
    return Runtime(tmp_path / "haproxy.sock")


def test_slots_are_read_as_the_proxy_has_them(runtime: Runtime, answers: dict[str, str]) -> None:
    answers["show servers state"] = STATE
    slots, enabled = runtime.slots()
    assert (slots["web/a1"].address, slots["web/a1"].port, slots["web/a1"].weight) == (
        "10.0.0.10", 8000, 100,
    )  # fmt: skip
    assert enabled == {"web/a1": True, "web/b1": False, "web:a/1": True}


def test_requests_on_some_slots_are_counted(runtime: Runtime, answers: dict[str, str]) -> None:
    answers["show stat -1 4 -1"] = STATISTICS
    assert runtime.sessions(["web/a1", "web/b1"]) == 3
    assert runtime.sessions(["web/b1"]) == 0


def test_the_mark_of_the_running_configuration_is_its_description(
    runtime: Runtime, answers: dict[str, str]
) -> None:
    answers["show info"] = "Name: HAProxy\nPid: 42\nStart_time_sec: 99\ndescription: ab12\n"
    assert runtime.shape() == "ab12"
    assert runtime.worker() == "42 since 99"


def test_a_refused_command_is_an_error(runtime: Runtime, answers: dict[str, str]) -> None:
    answers["set server web/a1 weight 0"] = "No such server.\n"
    with pytest.raises(SlipwayError, match="refused a command: No such server"):
        runtime.order(["set server web/a1 weight 0"])


def test_a_confirmed_command_is_not(runtime: Runtime, answers: dict[str, str]) -> None:
    answers["set server web/a1 addr 10.0.0.11"] = "IP changed from '10.0.0.10' to '10.0.0.11'\n"
    runtime.order(["set server web/a1 addr 10.0.0.11"])


def test_a_proxy_that_is_down_is_an_error_that_names_its_socket(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"none\.sock: the proxy does not answer"):
        Runtime(tmp_path / "none.sock").shape()
