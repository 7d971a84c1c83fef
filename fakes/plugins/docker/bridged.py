"""What the resources share that the official plugin bridges from Terraform."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from typing_extensions import override

from ..difference import Difference, changed_paths, top_level
from ..resource import Call, RefusedError, Resource
from ..values import UNKNOWN, Struct, plain


class Bridged(Resource):
    """A resource in which some inputs force a replacement, and unset outputs are null."""

    required: ClassVar[tuple[str, ...]]
    forces_replacement: ClassVar[frozenset[str]]
    deletes_first: ClassVar[bool]
    empty: ClassVar[Struct]
    computed: ClassVar[tuple[str, ...]]

    @abstractmethod
    async def make(self, call: Call, inputs: Struct) -> Struct:
        """Do the work and return the computed outputs with `id`."""

    @override
    async def check(self, inputs: Struct) -> Struct:
        missing = {
            name: "missing required property" for name in self.required if name not in inputs
        }
        if missing:
            raise RefusedError(missing)
        return {**inputs, "__defaults": []}

    @override
    def diff(self, old_inputs: Struct, inputs: Struct) -> Difference:
        paths = changed_paths(_own(old_inputs), _own(inputs))
        changed = top_level(paths)
        replaces = [name for name in changed if name in self.forces_replacement]
        return Difference(
            {path: self._kind(path, kind) for path, kind in paths.items()},
            changed=changed,
            replaces=replaces,
            stables=sorted(self.forces_replacement - set(changed)),
            delete_before_replace=self.deletes_first and bool(replaces),
        )

    @override
    async def create(self, call: Call, inputs: Struct) -> tuple[str, Struct]:
        if call.preview:
            return "", self._state(inputs, dict.fromkeys((*self.computed, "id"), UNKNOWN))
        outputs = await self.make(call, plain(inputs))
        return outputs["id"], self._state(inputs, outputs)

    @override
    async def update(self, call: Call, state: Struct, inputs: Struct) -> Struct:
        """Without a replacement only settings for later operations change."""
        return self._state(inputs, {key: state.get(key) for key in (*self.computed, "id")})

    def _state(self, inputs: Struct, outputs: Struct) -> Struct:
        return {**self.empty, **_own(inputs), **outputs}

    def _kind(self, path: str, kind: str) -> str:
        return f"{kind}_REPLACE" if top_level({path: kind})[0] in self.forces_replacement else kind


def _own(inputs: Struct) -> Struct:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}
