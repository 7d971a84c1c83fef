"""One call of the agent: a request comes in, one line goes out, and what is wrong is said last."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slipway.agent import __main__ as agent
from slipway.agent import watchdog
from slipway.agent.report import Report
from slipway.agent.state.store import Store
from slipway.agent.steps import resolve
from slipway.errors import SlipwayError
from slipway.protocol.answers import LockAnswer, PreflightAnswer
from slipway.protocol.messages import read_answer, write_request
from slipway.protocol.requests import LockRequest, StartRequest, Target
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import State, install
from slipway.rollout.step import Step
from tests.unit.slipway.protocol import samples
from tests.unit.slipway.rollout.sample import PROXY, release

TARGET = Target("shop", "staging", "one")
LOCK = LockRequest(TARGET, "ann", "a new disk", None)


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """The agent is a process of its own: its signals and its mask are not those of later tests."""
    numbers = (signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM, signal.SIGINT)
    before, mask = {each: signal.getsignal(each) for each in numbers}, os.umask(0o022)
    yield
    os.umask(mask)
    for each, handler in before.items():
        signal.signal(each, handler)


Call = Callable[..., int]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The agent is called in an empty home; its exit status."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    def with_request(*arguments: str, request: str = "") -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(request))
        return agent.main(arguments)

    return with_request


def handled(step: Step, monkeypatch: pytest.MonkeyPatch, handler: Callable[..., Any]) -> None:
    monkeypatch.setattr(agent, "HANDLERS", {**agent.HANDLERS, step: handler})


def test_a_request_is_answered_by_one_line(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("lock", request=write_request(LOCK)) == 0
    told = capsys.readouterr()
    (line,) = told.out.splitlines()
    answer: LockAnswer = read_answer(Step.LOCK, line)
    assert answer.after is not None
    assert (answer.after.owner, answer.after.reason) == ("ann", "a new disk")
    assert told.err == ""
    kept = tmp_path / ".slipway" / "shop" / "staging" / "lock.json"
    assert json.loads(kept.read_text())["content"]["holder"]["owner"] == "ann"


def test_what_is_wrong_is_said_last_with_what_serves(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / ".slipway" / "shop" / "staging")
    store.prepare()
    serving = install(State(), release("v1"), PROXY, context=RolloutContext())
    for state, serves in (
        (State(), "No release serves here yet"),
        (State(serving=serving), f"v1 ({serving.id}) serves"),
    ):
        store.keep(state)
        call("lock", request=write_request(LOCK))
        capsys.readouterr()
        request = write_request(LockRequest(TARGET, "bob", "a look", None))
        assert call("lock", request=request) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("one: lock: locked by ann since ")
        assert told.err.endswith(f"slipway unlock. {serves}\n")


def test_where_the_state_cannot_be_read_what_serves_is_unknown(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ".slipway" / "shop" / "staging"
    folder.mkdir(parents=True)
    (folder / "lock.json").write_text("{")
    (folder / "state.json").write_text("{")
    assert call("lock", request=write_request(LOCK)) == 1
    assert capsys.readouterr().err.endswith("The serving release is unknown\n")


@pytest.mark.parametrize(
    "arguments", [(), ("launch",), ("lock", "now"), ("watch", "shop"), ("PULL",)]
)
def test_an_unknown_step_is_refused_with_those_that_are_known(
    arguments: tuple[str, ...], call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 1
    assert capsys.readouterr().err == (
        f"agent: unknown step {' '.join(arguments)!r}. Known: preflight, pull, migrate, start, "
        "smoke, switch, prepare, commit, abort, resolve, accessory, status, diagnose, logs, lock, "
        "unlock, health\n"
    )


@pytest.mark.parametrize(
    ("request_text", "told"),
    [
        ("", "agent: lock: request: it is not JSON. Run `pulumi up`\n"),
        (
            '{"protocol": 1, "request": "s3cret"}',
            (
                "agent: lock: request: it has protocol 1 instead of 2. Use the version of Slipway"
                " that deployed there\n"
            ),
        ),
    ],
    ids=["nothing", "other protocol"],
)
def test_what_is_no_request_is_refused(
    request_text: str, told: str, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("lock", request=request_text) == 1
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("name", ["../etc", "", "a/b", ".hidden", "a\n", "a" * 129])
@pytest.mark.parametrize("which", ["application", "environment"])
def test_a_name_that_leads_out_of_the_folder_is_refused(
    which: str, name: str, call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"application": "shop", "environment": "staging", which: name}
    request = LockRequest(Target(server="one", **names), "ann", "why", None)
    assert call("lock", request=write_request(request)) == 1
    assert "is not a valid name. Use letters, digits, . _ and -" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_secret_of_a_request_is_said(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(request: Any, _: object, __: object, report: Report) -> None:
        report(f"logging in with {request.secrets['key']}")
        raise SlipwayError(f"{request.secrets['key']} and {request.certificate} were refused")

    handled(Step.START, monkeypatch, fail)
    request = samples.full(StartRequest)
    text = write_request(request).replace(request.target.application, "shop")
    text = text.replace(request.target.environment, "staging")
    assert call("start", request=text) == 1
    assert capsys.readouterr().err == (
        f"logging in with ***\n{request.target.server}: start: *** and *** were refused. "
        "No release serves here yet\n"
    )


def test_a_fault_of_the_system_is_told_like_any_other(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/home/deploy")

    handled(Step.LOCK, monkeypatch, fail)
    assert call("lock", request=write_request(LOCK)) == 1
    assert capsys.readouterr().err == (
        "one: lock: [Errno 28] No space left on device: '/home/deploy'."
        " No release serves here yet\n"
    )


def test_a_step_is_done_also_where_nobody_listens_any_more(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    handled(Step.LOCK, monkeypatch, lambda *_: PreflightAnswer("24", "3.11", ()))
    monkeypatch.setattr("builtins.print", closed)
    assert call("lock", request=write_request(LOCK)) == 0


def test_a_cut_session_ends_no_step(call: Call) -> None:
    call("lock", request=write_request(LOCK))
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN


def test_the_watchdog_of_one_environment_does_what_is_due_there(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    concluded: list[tuple[Target, Path]] = []

    def watch(store: Store, conclude: Callable[[], None]) -> None:
        conclude()

    def conclude(target: Target, _: object, store: Store, __: object) -> None:
        concluded.append((target, store.folder))

    monkeypatch.setattr(watchdog, "watch", watch)
    monkeypatch.setattr(resolve, "conclude", conclude)
    assert call("watch", "shop", "staging") == 0
    folder = tmp_path / ".slipway" / "shop" / "staging"
    assert concluded == [(Target("shop", "staging", os.uname().nodename), folder)]
