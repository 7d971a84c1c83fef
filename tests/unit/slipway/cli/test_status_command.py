"""What `slipway status` shows of servers that answer and of those that do not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway.cli import slipway
from slipway.cli.status import all_problems, row, warnings
from slipway.errors import SlipwayError
from slipway.observe import servers
from slipway.observe.status import Status
from slipway.protocol.answers import AccessoryReport, Running
from slipway.protocol.installation import Installation
from slipway.rollout.state import Phase
from slipway.ssh import Answer, Host
from tests.unit.slipway.observe.sample import NOTHING, REPORT, reply

SINCE = 1_795_237_573.0  # 2026-11-21 05:06:13 UTC
GOOD = replace(
    REPORT,
    phase=Phase.IDLE,
    serving=Running("f2a9c1b33f2a", "v1.12.0", {}, SINCE),
    previous=Running("bbbbbbbbbbbb", "v1.11.0", {}, SINCE - 86_400),
    problems=(),
    warnings=(),
)
OFF = Answer(255, "", "Connection refused")
OFF_TOLD = (
    "servers/one (deploy@10.88.0.11:22): the connection to its SSH port was refused."
    " Start sshd, or correct the host and the port"
)

pytestmark = pytest.mark.usefixtures("pulumi_cli")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command, for what the stack's one server answers."""

    def shown(answer: Answer, *options: str) -> Result:
        def ask(hosts: Sequence[Host], command: str, **_: Any) -> Mapping[str, Answer]:
            assert command == servers.query(Installation("shop", "live"))
            return {host.name: answer for host in hosts}

        monkeypatch.setattr(servers, "ask", ask)
        return CliRunner().invoke(slipway, ["status", "-s", "live", *options])

    return shown


def test_a_server_tells_what_it_serves_and_since_when(shown: Any) -> None:
    done = shown(reply(GOOD))
    assert done.exit_code == 0
    heading, line = done.stdout.splitlines()
    assert re.split(r"\s{2,}", heading.strip()) == [
        *("server", "serves", "since (UTC)", "before", "phase"),
    ]
    assert re.split(r"\s{2,}", line.strip()) == [
        *("one", "v1.12.0 (f2a9c1b33f2a)", "2026-11-21 05:06", "v1.11.0", "idle"),
    ]


def test_a_server_that_does_not_answer_is_told_and_fails(shown: Any) -> None:
    done = shown(OFF)
    assert done.exit_code == 1
    assert re.search(r"^one +no status", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1] == OFF_TOLD


def test_every_problem_is_a_whole_line_that_names_the_server(shown: Any) -> None:
    ill = replace(
        GOOD,
        problems=("web-1: " + "long " * 30,),
        accessories={
            "postgres": AccessoryReport("b", 1, "", "exited (1)"),
            "redis": AccessoryReport("b", 1, "", ""),
        },
    )
    done = shown(reply(ill))
    assert done.exit_code == 1
    assert done.stdout.splitlines()[2:] == [
        "one: web-1: " + "long " * 30,
        "one: postgres: exited (1)",
    ]


def test_a_warning_is_told_and_is_no_failure(shown: Any) -> None:
    done = shown(reply(replace(GOOD, warnings=("the certificate ends in 5 days",))))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[2:] == ["one: the certificate ends in 5 days"]


def test_a_server_with_nothing_on_it_has_dashes(shown: Any) -> None:
    done = shown(NOTHING)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split() == ["one", "nothing", "-", "-", "idle"]


def test_programs_get_all_that_a_server_answers(shown: Any) -> None:
    done = shown(reply(replace(GOOD, problems=("web-1: missing",))), "--json")
    assert done.exit_code == 1
    (listed,) = json.loads(done.stdout)
    assert listed["server"] == "one"
    assert listed["serving"] == {
        "release": "f2a9c1b33f2a", "version": "v1.12.0", "images": {}, "since": SINCE,
    }  # fmt: skip
    assert (listed["phase"], listed["problems"]) == ("idle", ["web-1: missing"])
    context = {"observed": "nothing", "rollout_id": "r0llout", "peers": {}, "ran": []}
    assert listed["context"] == context


def test_programs_get_the_reason_of_a_server_that_does_not_answer(shown: Any) -> None:
    done = shown(OFF, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [{"server": "one", "error": OFF_TOLD}]


def test_a_server_that_does_not_answer_hides_no_other() -> None:
    found = {
        "a": Status("a", "life", problems=("web-1: missing",), warnings=("soon",)),
        "c": Status("c", "life", warnings=("later",)),
    }
    faults = {"b": SlipwayError("it cannot be reached", where="servers/b")}
    assert all_problems(found, faults) == ["a: web-1: missing", "servers/b: it cannot be reached"]
    assert warnings(found) == ["a: soon", "c: later"]


def test_a_release_that_was_never_committed_has_no_time() -> None:
    candidate = Status("one", "life", serving=Running("f2a9c1b33f2a", "v1", {}, since=0))
    assert row(candidate) == ("one", "v1 (f2a9c1b33f2a)", "", "", "idle")
