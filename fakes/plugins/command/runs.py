"""What remote and local commands share: when which command runs, and the state after it."""

from __future__ import annotations

import json
import secrets
from abc import abstractmethod
from typing import Any, Final

from typing_extensions import override

from ..resource import Call, RefusedError, Resource
from ..values import UNKNOWN, Struct, has_unknown, plain
from .transcript import LOGGING_CHOICES

_UNKNOWN_OUTPUTS: Final = {"stdout": UNKNOWN, "stderr": UNKNOWN}
_NO_OUTPUTS: Final = {"stdout": "", "stderr": ""}


class Run(Resource):
    """A resource that is a command: `create` once, `update` on changes, `delete` at the end."""

    @abstractmethod
    async def run(self, call: Call, command: str, inputs: Struct, previous: Struct) -> Struct:
        """Run the command and return `stdout` and `stderr`; raises PluginError."""

    @override
    async def check(self, inputs: Struct) -> Struct:
        refuse_bad_logging(inputs)
        return inputs

    @override
    async def create(self, call: Call, inputs: Struct) -> tuple[str, Struct]:
        resource_id = f"{call.name}{secrets.token_hex(4)}"
        return resource_id, await self._state(call, inputs.get("create"), inputs, _NO_OUTPUTS)

    @override
    async def update(self, call: Call, state: Struct, inputs: Struct) -> Struct:
        command = inputs.get("update") if inputs.get("update") is not None else inputs.get("create")
        return await self._state(call, command, inputs, _outputs(state))

    @override
    async def delete(self, call: Call, resource_id: str, state: Struct) -> None:
        command = plain(state.get("delete"))
        if command is not None:
            await self.run(call, command, plain(state), plain(_outputs(state)))

    async def _state(self, call: Call, command: Any, inputs: Struct, previous: Struct) -> Struct:
        if call.preview:
            return {**inputs, **_UNKNOWN_OUTPUTS}
        if command is None:
            return {**inputs, **previous}
        outputs = await self.run(call, plain(command), plain(inputs), plain(previous))
        return {**inputs, **outputs}


def previous_environment(inputs: Struct, previous: Struct) -> dict[str, str]:
    """The variables that pass the last run's outputs to the next run, unless turned off."""
    if inputs.get("addPreviousOutputInEnv") is False:
        return {}
    variables = {
        "PULUMI_COMMAND_STDOUT": previous.get("stdout"),
        "PULUMI_COMMAND_STDERR": previous.get("stderr"),
    }
    return {name: text for name, text in variables.items() if text}


def refuse_bad_logging(inputs: Struct) -> None:
    """Raises RefusedError for a `logging` that is not one of the choices."""
    logging = plain(inputs.get("logging"))
    if logging is not None and not has_unknown(logging) and logging not in LOGGING_CHOICES:
        known = ", ".join(sorted(LOGGING_CHOICES))
        raise RefusedError({"logging": f"{logging!r} is not one of {known}"})


def failure(how: str, command: str, together: str) -> str:
    """The official plugin's message, which repeats the whole command."""
    return f"{how}: running {json.dumps(command, ensure_ascii=False)}:\n{together}"


def _outputs(state: Struct) -> Struct:
    return {"stdout": state.get("stdout", ""), "stderr": state.get("stderr", "")}
