"""What `slipway health` shows of what the servers found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway import pulumi, remote
from slipway.cli import slipway
from slipway.remote import Answer
from tests.unit.slipway.settings import sample

GOOD = [
    {"part": "web-1", "check": "container", "ok": True, "detail": "running"},
    {"part": "web-1", "check": "ready", "ok": True, "detail": "http"},
]
BAD = [*GOOD, {"part": "web", "check": "smoke", "ok": False, "detail": "GET /docs answered 500"}]

Shown = Callable[..., Result]


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> Shown:
    (sample.project(tmp_path) / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    config = {f"shop:{key}": {"objectValue": value} for key, value in sample.VALID.items()}
    monkeypatch.setattr(pulumi, "ask", lambda *arguments: config)

    def shown(answer: Answer, *options: str) -> Result:
        def ask(hosts: Any, command: str, **_: object) -> dict[str, Answer]:
            asked.append(command)
            return {host.name: answer for host in hosts}

        monkeypatch.setattr(remote, "ask", ask)
        return CliRunner().invoke(slipway, ["health", "-s", "live", *options])

    return shown


def told(checks: list[dict[str, Any]]) -> Answer:
    return Answer(int(checks is BAD), json.dumps({"checks": checks}), "")


def test_a_part_that_is_well_is_one_line(shown: Shown, asked: list[str]) -> None:
    done = shown(told(GOOD))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].strip().split(maxsplit=2) == [
        "one",
        "web-1",
        "ok (running, http)",
    ]
    assert asked[0].endswith("health --application shop --minutes 5 --json")


def test_what_is_wrong_is_told_and_fails(shown: Shown) -> None:
    done = shown(told(BAD))
    assert done.exit_code == 1
    assert "smoke: GET /docs answered 500" in done.stdout


def test_one_service_can_be_asked_for(shown: Shown, asked: list[str]) -> None:
    shown(told(GOOD), "--service", "web; reboot", "--minutes", "0")
    assert asked[0].endswith("--minutes 0 --json --service 'web; reboot'")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(255, "", "Permission denied (publickey)."), "it refuses the SSH key"),
        (Answer(1, "", "agent: unknown step 'health'."), "older than this program: pulumi up"),
        (Answer(1, "", "one: health: nothing serves here yet"), "nothing serves here yet"),
        (Answer(0, "hello", ""), "it answered nothing"),
    ],
)
def test_a_server_that_cannot_tell_is_not_well(shown: Shown, answer: Answer, said: str) -> None:
    done = shown(answer)
    assert done.exit_code == 1
    assert "unknown" in done.stdout
    assert said in " ".join(done.stdout.split())
    (listed,) = json.loads(shown(answer, "--json").stdout)
    assert (listed["ok"], said in listed["error"]) == (False, True)
