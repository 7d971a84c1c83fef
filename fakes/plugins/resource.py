"""The parts of a plugin: resources, functions and their common configuration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar

from .difference import Difference, changed_paths, top_level
from .values import Struct

Log = Callable[[str, str], Awaitable[None]]
"""Sends the engine one log line about the current resource: severity (`info`, `warning`), text."""


class PluginError(Exception):
    """A failure, with the message that the engine prints."""


class CancelledCallError(PluginError):
    """The user interrupted before the call was done."""


class RefusedError(Exception):
    """Inputs that the plugin rejects: each property with the reason."""

    def __init__(self, failures: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in failures.items()))
        self.failures = failures


@dataclass(frozen=True)
class Call:
    """The context of one call: the name of the resource, whether it is a preview, and the log."""

    name: str
    preview: bool
    log: Log


class Resource(ABC):
    """One resource type; inputs that are not in `properties` are rejected by name."""

    tok: ClassVar[str]
    properties: ClassVar[frozenset[str]]

    async def check(self, inputs: Struct) -> Struct:
        """The inputs with defaults and secret marks; raises RefusedError."""
        return inputs

    def diff(self, old_inputs: Struct, inputs: Struct) -> Difference:
        """The changes by the new inputs, without any request."""
        kinds = changed_paths(old_inputs, inputs)
        return Difference(kinds, changed=top_level(kinds))

    @abstractmethod
    async def create(self, call: Call, inputs: Struct) -> tuple[str, Struct]:
        """The new resource's id and state; the id is empty in a preview."""

    @abstractmethod
    async def update(self, call: Call, state: Struct, inputs: Struct) -> Struct:
        """The state after the update; raising keeps the old inputs and state."""

    async def read(self, resource_id: str, state: Struct) -> str:  # noqa: ARG002
        """The id if the resource still exists, else empty."""
        return resource_id

    async def delete(  # noqa: B027 (most resources have nothing to delete)
        self, call: Call, resource_id: str, state: Struct
    ) -> None:
        """Undo what `create` did, where there is anything to undo."""


class Function(ABC):
    """One function that a program invokes."""

    tok: ClassVar[str]
    properties: ClassVar[frozenset[str]]

    @abstractmethod
    async def invoke(self, call: Call, arguments: Struct) -> Struct:
        """The function's result; raises PluginError."""


@dataclass
class Plugin:
    """A plugin's name and version, what it covers, and how it handles its configuration.

    With `accepts_secrets` the engine sends secret marks. `check_config` returns the configuration
    for the state; `configure` receives it without secret marks; `cancel` is called once when the
    user interrupts.
    """

    name: str
    version: str
    resources: list[Resource]
    functions: list[Function]
    accepts_secrets: bool
    compares_config: bool
    settings: frozenset[str] = frozenset()
    check_config: Callable[[Struct], Struct] = dict
    configure: Callable[[Struct], None] = lambda _: None
    cancel: Callable[[], None] = lambda: None
    extra_capabilities: dict[str, bool] = field(default_factory=dict)

    def resource(self, token: str) -> Resource:
        """The resource type of that token; raises PluginError."""
        for resource in self.resources:
            if resource.tok == token:
                return resource
        raise PluginError(self._uncovered(f"the resource {token}"))

    def function(self, token: str) -> Function:
        """The function of that token; raises PluginError."""
        for function in self.functions:
            if function.tok == token:
                return function
        raise PluginError(self._uncovered(f"the function {token}"))

    def refuse_uncovered(self, given: Struct, covered: frozenset[str]) -> None:
        """Raises RefusedError naming every property outside `covered`."""
        unknown = sorted(key for key in given if key not in covered and not key.startswith("__"))
        if unknown:
            raise RefusedError({key: self._uncovered(f"the property {key}") for key in unknown})

    def schema(self) -> Struct:
        """The covered tokens and properties; the official SDK checks types."""
        anything = {"$ref": "pulumi.json#/Any"}
        return {
            "name": self.name,
            "version": self.version,
            "resources": {
                resource.tok: {"inputProperties": dict.fromkeys(resource.properties, anything)}
                for resource in self.resources
            },
            "functions": {
                function.tok: {
                    "inputs": {"properties": dict.fromkeys(function.properties, anything)}
                }
                for function in self.functions
            },
        }

    def _uncovered(self, what: str) -> str:
        return (
            f"the offline {self.name} plugin does not cover {what}. Install the official one: "
            f"pulumi plugin install resource {self.name} {self.version}"
        )
