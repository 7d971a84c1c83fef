"""A recording engine: what each component registers, with the options that `Mocks` leave out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was told of it; references are by name."""

    kind: str
    name: str
    parent: str
    inputs: Inputs
    secret: frozenset[str]
    depends_on: frozenset[str]
    ignored: tuple[str, ...]
    retained: bool
    protected: bool
    imported: str
    hooks: tuple[str, ...]


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Answers like the engine after an update; `outputs` adds to a resource's, by its name.

    `answers` are what functions of providers return, by token.
    """

    outputs: Mapping[str, Inputs] = field(default_factory=dict)
    stacks: Mapping[str, Inputs] = field(default_factory=dict)
    answers: Mapping[str, Inputs] = field(default_factory=dict)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, Inputs]:
        return f"{args.name}-id", {**args.inputs, **self.outputs.get(args.name, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token in self.answers:
            return self.answers[args.token]
        assert args.token == "pulumi:pulumi:readStackResourceOutputs"
        return {"outputs": self.stacks.get(args.args["stackName"], {})}, []


class Engine(mocks.MockMonitor):
    """Keeps every registration; use a fresh one in each test."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.registered: dict[str, Registered] = {}
        self.declared: list[Registered] = []  # also those that share a name

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        if request.type != "pulumi:pulumi:Stack":
            self.registered[request.name] = _registered(request)
            self.declared.append(self.registered[request.name])
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def __getitem__(self, name: str) -> Registered:
        return self.registered[name]


def run(
    program: Callable[[], Any],
    *,
    outputs: Mapping[str, Inputs] | None = None,
    stacks: Mapping[str, Inputs] | None = None,
    answers: Mapping[str, Inputs] | None = None,
    preview: bool = False,
) -> tuple[Engine, Any]:
    """Run a program on a new recording engine to its end, and return what it returned, awaited.

    Nothing is left to run when a test begins to assert, so no assertion is lost in an `apply`. An
    error anywhere in the program is raised here; a value that a preview does not know is None.
    """
    engine = Engine(Recorder(outputs or {}, stacks or {}, answers or {}))
    pulumi.runtime.set_mocks(
        engine.mocks,
        project="slipway",
        stack="staging",
        organization="organization",
        preview=preview,
        monitor=engine,
    )

    returned: list[Any] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def whole() -> pulumi.Output[None]:
        return pulumi.Output.from_input(program()).apply(returned.append)

    whole()
    return engine, next(iter(returned), None)


def _registered(request: Any) -> Registered:
    inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
    plain = {key: _plain(value) for key, value in inputs.items()}
    return Registered(
        kind=request.type,
        name=request.name,
        parent=_name(request.parent),
        inputs=plain,
        secret=frozenset(key for key, value in inputs.items() if rpc.is_rpc_secret(value)),
        depends_on=frozenset(_name(urn) for urn in request.dependencies),
        ignored=tuple(request.ignoreChanges),
        retained=request.retainOnDelete,
        protected=request.protect,
        imported=request.importId,
        hooks=tuple(request.hooks.on_error),
    )


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _plain(value: Any) -> Any:
    return rpc.unwrap_rpc_secret(value)


def order(resource: Registered) -> Any:
    """What a command is given on standard input, read as JSON."""
    return json.loads(resource.inputs["stdin"])
