"""Serves a plugin to Pulumi's engine over gRPC."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime import proto
from pulumi.runtime.proto import engine_pb2, provider_pb2, provider_pb2_grpc
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub
from typing_extensions import override

from .difference import Difference
from .resource import Call, CancelledCallError, Plugin, PluginError, RefusedError
from .values import decode, encode, plain

Answer = TypeVar("Answer")

_MESSAGE_LIMIT = 400 * 1024 * 1024  # the engine's own limit
_PARENT_CHECK_SECONDS = 1.0


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Handles the engine's gRPC calls for one plugin."""

    def __init__(self, plugin: Plugin, engine: EngineStub | None) -> None:
        self._plugin = plugin
        self._engine = engine
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a call is still running, even if the engine no longer waits for it."""
        return bool(self._running)

    @override
    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return proto.PluginInfo(version=self._plugin.version)

    @override
    async def GetSchema(self, request: Any, context: Any) -> Any:
        return proto.GetSchemaResponse(schema=json.dumps(self._plugin.schema()))

    @override
    async def Cancel(self, request: Any, context: Any) -> Any:
        self._plugin.cancel()
        return empty_pb2.Empty()

    @override
    async def CheckConfig(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            settings = decode(request.news)
            self._plugin.refuse_uncovered(settings, self._plugin.settings | {"version"})
            return proto.CheckResponse(inputs=encode(self._plugin.check_config(settings)))

        return await self._checked(answer, context)

    @override
    async def DiffConfig(self, request: Any, context: Any) -> Any:
        if not self._plugin.compares_config:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "DiffConfig is not implemented")
        return proto.DiffResponse()

    @override
    async def Configure(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            self._plugin.configure(plain(decode(request.args)))
            accepts = self._plugin.accepts_secrets
            return proto.ConfigureResponse(
                acceptSecrets=accepts,
                acceptResources=accepts,
                acceptOutputs=accepts,
                supportsPreview=True,
                **self._plugin.extra_capabilities,
            )

        return await self._run(answer, context)

    @override
    async def Invoke(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            function = self._plugin.function(request.tok)
            arguments = plain(decode(request.args))
            self._plugin.refuse_uncovered(arguments, function.properties)
            result = await function.invoke(self._call("", request.preview), arguments)
            return proto.InvokeResponse(**{"return": encode(result)})

        return await self._run(answer, context)

    @override
    async def Check(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            resource = self._plugin.resource(_type(request.urn))
            inputs = decode(request.news)
            self._plugin.refuse_uncovered(inputs, resource.properties)
            return proto.CheckResponse(inputs=encode(await resource.check(inputs)))

        return await self._checked(answer, context)

    @override
    async def Diff(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            difference = self._plugin.resource(_type(request.urn)).diff(
                decode(request.old_inputs), decode(request.news)
            )
            return _diff_response(difference)

        return await self._run(answer, context)

    @override
    async def Create(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            resource = self._plugin.resource(_type(request.urn))
            call = self._call(request.urn, request.preview)
            resource_id, state = await resource.create(call, decode(request.properties))
            return proto.CreateResponse(id=resource_id, properties=encode(state))

        return await self._run(answer, context)

    @override
    async def Update(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            resource = self._plugin.resource(_type(request.urn))
            call = self._call(request.urn, request.preview)
            state = await resource.update(call, decode(request.olds), decode(request.news))
            return proto.UpdateResponse(properties=encode(state))

        return await self._run(answer, context)

    @override
    async def Read(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            resource = self._plugin.resource(_type(request.urn))
            resource_id = await resource.read(request.id, decode(request.properties))
            if not resource_id:
                return proto.ReadResponse()
            return proto.ReadResponse(
                id=resource_id, properties=request.properties, inputs=request.inputs
            )

        return await self._run(answer, context)

    @override
    async def Delete(self, request: Any, context: Any) -> Any:
        async def answer() -> Any:
            resource = self._plugin.resource(_type(request.urn))
            call = self._call(request.urn, preview=False)
            await resource.delete(call, request.id, decode(request.properties))
            return empty_pb2.Empty()

        return await self._run(answer, context)

    async def _run(self, answer: Callable[[], Awaitable[Answer]], context: Any) -> Answer:
        """Run to the end even when the engine is killed, so that no step is left half done."""
        task: asyncio.Task[Answer] = asyncio.ensure_future(answer())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except CancelledCallError as error:
            await context.abort(grpc.StatusCode.CANCELLED, str(error))
            raise
        except (PluginError, RefusedError) as error:
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise

    async def _checked(self, answer: Callable[[], Awaitable[Any]], context: Any) -> Any:
        """Like `_run`; rejected properties are answered as failures."""

        async def or_failures() -> Any:
            try:
                return await answer()
            except RefusedError as refused:
                failures = refused.failures.items()
                return proto.CheckResponse(
                    failures=[proto.CheckFailure(property=p, reason=r) for p, r in failures]
                )

        return await self._run(or_failures, context)

    def _call(self, urn: str, preview: bool) -> Call:
        async def log(severity: str, text: str) -> None:
            if self._engine is not None:
                request = engine_pb2.LogRequest(
                    severity=engine_pb2.LogSeverity.Value(severity.upper()),
                    message=text,
                    urn=urn,
                    ephemeral=severity == "info",
                )
                await self._engine.Log(request)

        return Call(name=urn.rsplit("::", 1)[-1], preview=preview, log=log)


def serve(plugin: Plugin, arguments: list[str]) -> None:
    """Print the port and serve until the engine kills the process or ends.

    The first argument that is not a flag is the engine's address, to which log lines are sent.
    """
    parent = os.getppid()
    engine_address = next(
        (argument for argument in arguments if not argument.startswith("-")), None
    )
    asyncio.run(_serve(plugin, engine_address, parent))


async def _serve(plugin: Plugin, engine_address: str | None, parent: int) -> None:
    options = [
        ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
        ("grpc.max_send_message_length", _MESSAGE_LIMIT),
    ]
    engine = None
    if engine_address:
        engine = EngineStub(grpc.aio.insecure_channel(engine_address, options=options))
    server = grpc.aio.server(options=options)
    servicer = Servicer(plugin, engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == parent or servicer.busy:
        await asyncio.sleep(_PARENT_CHECK_SECONDS)


def _type(urn: str) -> str:
    """The resource's own type: in a URN's third part the parents' types come before it."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _diff_response(difference: Difference) -> Any:
    response = provider_pb2.DiffResponse
    return response(
        changes=response.DIFF_SOME if difference.kinds else response.DIFF_NONE,
        diffs=difference.changed,
        replaces=difference.replaces,
        stables=difference.stables,
        deleteBeforeReplace=difference.delete_before_replace,
        hasDetailedDiff=difference.detailed,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind))
            for path, kind in difference.kinds.items()
        },
    )
