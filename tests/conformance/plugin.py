"""A plugin's process and a stand-in for the engine that talks to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

REPOSITORY = Path(__file__).parents[2]
CALL_SECONDS = 90
REQUESTS: dict[str, Any] = {
    "CheckConfig": provider_pb2.CheckRequest,
    "DiffConfig": provider_pb2.DiffRequest,
}


class CallError(Exception):
    """The plugin answered with an error; `text` is as the engine prints it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Engine(engine_pb2_grpc.EngineServicer):
    """Collects what plugins log."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.lines.append(request.message)
        return empty_pb2.Empty()


class Plugin:
    """One running plugin; requests and answers are JSON, as in the recordings."""

    def __init__(self, port: int, engine: Engine, process: subprocess.Popen[str]) -> None:
        self.engine = engine
        self.process = process
        self._stub = provider_pb2_grpc.ResourceProviderStub(
            grpc.insecure_channel(f"127.0.0.1:{port}")
        )

    def call(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call; raises CallError."""
        kind = REQUESTS.get(method) or getattr(provider_pb2, f"{method}Request")
        message = json_format.ParseDict(request, kind())
        try:
            answer = getattr(self._stub, method)(message, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            code = error.code().name.replace("_", " ").title().replace(" ", "")
            text = f"rpc error: code = {code} desc = {error.details()}"
            raise CallError(text) from error
        answered: dict[str, Any] = json_format.MessageToDict(answer)
        return answered

    def cancel(self) -> None:
        self._stub.Cancel(empty_pb2.Empty(), timeout=CALL_SECONDS)


@contextmanager
def running(name: str, folder: Path, **variables: str) -> Iterator[Plugin]:
    """Runs a plugin with `folder` as the project's.

    It is the offline one, unless SLIPWAY_PLUGIN_COMMAND or SLIPWAY_PLUGIN_DOCKER has the path of
    another, such as the official one.
    """
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    engine = Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    process = subprocess.Popen(
        [*executable(name), f"127.0.0.1:{port}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Plugin(int(process.stdout.readline()), engine, process)
    finally:
        process.kill()
        process.wait()
        server.stop(None)


def executable(name: str) -> list[str]:
    chosen = os.environ.get(f"SLIPWAY_PLUGIN_{name.upper()}")
    return [chosen] if chosen else [sys.executable, "-m", f"lab.plugins.{name}"]


def is_offline(name: str) -> bool:
    return f"SLIPWAY_PLUGIN_{name.upper()}" not in os.environ
