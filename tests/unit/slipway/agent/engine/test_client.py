from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import pytest

from slipway.agent.engine.client import Engine, EngineError, demultiplex
from slipway.errors import SlipwayError


class Answers(BaseHTTPRequestHandler):
    """An engine that answers what the test wants."""

    version = "1.45"
    status = 200
    body: Any = None
    cut: int | None = None  # bytes after which the answer ends
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        ping = self.path == "/_ping"
        content = json.dumps(self.body).encode()
        self.send_response(200 if ping else self.status)
        self.send_header("Api-Version", self.version)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.cut])

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[type[Answers]]:
    handler = type("Handler", (Answers,), {"asked": []})
    with ThreadingUnixStreamServer(str(tmp_path / "engine.sock"), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield handler
        server.shutdown()


@pytest.fixture
def engine(tmp_path: Path, answers: type[Answers]) -> Engine:
    return Engine(f"unix://{tmp_path / 'engine.sock'}")


@pytest.mark.parametrize(
    ("offered", "spoken"), [("1.41", "1.41"), ("1.45", "1.45"), ("1.99", "1.48"), ("2.0", "1.48")]
)
def test_the_newest_version_that_both_speak_is_used(
    engine: Engine, answers: type[Answers], offered: str, spoken: str
) -> None:
    answers.version = offered
    engine.get("/info")
    assert answers.asked == ["/_ping", f"/v{spoken}/info"]


def test_an_engine_that_is_too_old_is_refused(engine: Engine, answers: type[Answers]) -> None:
    answers.version = "1.40"
    with pytest.raises(SlipwayError, match=r"1\.40 is too old. Install Docker Engine 20\.10"):
        engine.get("/info")


def test_the_engine_s_own_words_are_in_the_error(engine: Engine, answers: type[Answers]) -> None:
    answers.status, answers.body = 500, {"message": "no space left on device"}
    with pytest.raises(EngineError, match="Docker Engine: no space left on device"):
        engine.start("web")


def test_what_does_not_exist_is_none_to_ask_for_and_fine_to_remove(
    engine: Engine, answers: type[Answers]
) -> None:
    answers.status = 404
    assert engine.inspect("web") is None
    engine.remove("web")
    engine.stop("web", 1)


def test_a_stopped_engine_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no answer on .*Start Docker"):
        Engine(f"unix://{tmp_path / 'none.sock'}").get("/info")


def test_an_answer_that_ends_too_soon_is_an_error(engine: Engine, answers: type[Answers]) -> None:
    answers.cut = 5
    answers.body = {"Version": "20.10"}
    with pytest.raises(EngineError, match="GET /info broke off"):
        engine.get("/info")


def test_only_a_local_engine_is_spoken_to() -> None:
    with pytest.raises(SlipwayError, match="Set it to a unix:// address"):
        Engine("tcp://10.0.0.1:2375")


def test_a_grace_time_is_rounded_up_to_whole_seconds(
    engine: Engine, answers: type[Answers]
) -> None:
    engine.stop("web", 2.1)
    assert answers.asked[-1].endswith("/containers/web/stop?t=3")


def test_both_streams_of_a_log_are_read_in_their_order() -> None:
    raw = b"".join(
        struct.pack(">BxxxI", stream, len(text)) + text
        for stream, text in ((1, b"out\n"), (2, b"err\n"), (1, b"more"))
    )
    assert demultiplex(raw) == "out\nerr\nmore"


def test_a_command_that_is_late_is_waited_for_before_it_is_run_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, asked = iter([True, True, False]), []

    def call(method: str, path: str, **_: Any) -> Any:
        asked.append(f"{method} {path}")
        if path.endswith("/start") and asked.count("POST /exec/7/start") == 1:
            raise EngineError("timed out")
        return {"Id": "7", "Running": next(ends, False), "ExitCode": 0}

    monkeypatch.setattr(engine, "call", call)
    with pytest.raises(EngineError, match="timed out"):
        engine.execute("web", ("wait",), 60.0)
    assert engine.execute("web", ("wait",), 60.0) == (0, "")
    assert asked.count("POST /exec/7/start") == 2


def test_a_command_is_not_run_again_while_the_one_before_runs_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, asked = True, []

    def call(method: str, path: str, **_: Any) -> Any:
        asked.append(f"{method} {path}")
        if path.endswith("/start") and running:
            raise EngineError("timed out")
        return {"Id": "7", "Running": running, "ExitCode": 0}

    monkeypatch.setattr(engine, "call", call)
    with pytest.raises(EngineError, match="timed out"):
        engine.execute("web", ("wait",), 1.0)
    with pytest.raises(EngineError, match="the one from before has not ended yet"):
        engine.execute("web", ("wait",), 1.0)
    assert asked.count("POST /exec/7/start") == 1
    running = False
    assert engine.execute("web", ("wait",), 1.0) == (0, "")
    assert asked.count("POST /exec/7/start") == 2
