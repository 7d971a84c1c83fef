"""A plugin's process and a stand-in for the engine that talks to it."""

from __future__ import annotations

import json
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

    def check(self, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs with their defaults, or the properties that are refused, with `failures`."""
        return self.call("Check", {"urn": urn, "news": inputs, "olds": {}})

    def create(self, urn: str, inputs: dict[str, Any], preview: bool = False) -> dict[str, Any]:
        """A new resource's `id` and `properties`; its inputs are checked first, as by the engine.

        Raises CallError.
        """
        request = {"urn": urn, "properties": self._accepted(urn, inputs), "preview": preview}
        return self.call("Create", request)

    def update(self, urn: str, state: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """The resource's `properties` after an update, with checked inputs. Raises CallError."""
        news = self._accepted(urn, inputs)
        return self.call(
            "Update", {"id": "step", "urn": urn, "olds": state, "news": news, "oldInputs": {}}
        )

    def _accepted(self, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
        answer = self.check(urn, inputs)
        assert "failures" not in answer, answer["failures"]
        accepted: dict[str, Any] = answer["inputs"]
        return accepted

    def configure(self, settings: dict[str, Any]) -> None:
        """The provider's settings, checked first; the engine sends them before anything else."""
        urn = "urn:pulumi:test::test::pulumi:providers:test::test"
        answer = self.call("CheckConfig", {"urn": urn, "news": settings, "olds": {}})
        assert "failures" not in answer, answer["failures"]
        accepted = {"acceptResources": True, "acceptSecrets": True, "args": answer["inputs"]}
        self.call("Configure", accepted)

    def cancel(self) -> None:
        self._stub.Cancel(empty_pb2.Empty(), timeout=CALL_SECONDS)


@contextmanager
def running(name: str, folder: Path, program: list[str] | None = None) -> Iterator[Plugin]:
    """Runs a plugin with `folder` as the project's.

    Without a `program` it is the offline one, unless SLIPWAY_PLUGIN_COMMAND or
    SLIPWAY_PLUGIN_DOCKER has the path of another, such as the official one.
    """
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    engine = Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    process = subprocess.Popen(
        [*(program or executable(name)), f"127.0.0.1:{port}"],
        cwd=folder,
        env={**_environment(), "PYTHONPATH": str(REPOSITORY)},
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


def _environment() -> dict[str, str]:
    """Without the SSH agent of who runs the tests, which plugins would use."""
    return {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}


def login_at(registry: str, **login: str) -> dict[str, Any]:
    """The docker plugin's settings for a registry that speaks plain http."""
    entry: dict[str, Any] = {"address": f"http://{registry}", **(login or {"authDisabled": True})}
    return {"registryAuth": json.dumps([entry])}


def executable(name: str) -> list[str]:
    chosen = os.environ.get(f"SLIPWAY_PLUGIN_{name.upper()}")
    return [chosen] if chosen else offline(name)


def offline(name: str) -> list[str]:
    return [sys.executable, "-m", f"fakes.plugins.{name}"]


def is_offline(name: str) -> bool:
    return f"SLIPWAY_PLUGIN_{name.upper()}" not in os.environ
