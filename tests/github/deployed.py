"""A stack whose everything is at GitHub, shared by the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.github.program import Program
from fakes.github.simulator import Simulator
from fakes.github.state import Environment

from .wanted import STACK, Wanted, prepared


@dataclass(frozen=True)
class Deployed:
    """The stack after its first preview and its first update."""

    simulator: Simulator
    program: Program
    wanted: Wanted
    foreseen: dict[str, int]
    """What the first preview said."""
    written_by_preview: list[str]

    @property
    def environment(self) -> Environment:
        """The environment that the stack has made."""
        return self.simulator.repository.environments[STACK]


@contextmanager
def deployed_stack(folder: Path) -> Iterator[Deployed]:
    """The stack, at a simulator of its own."""
    with Simulator() as simulator:
        wanted, program = prepared(simulator, folder), Program(simulator, folder)
        foreseen = program.preview(wanted())
        written = simulator.writes
        program.up(wanted())
        yield Deployed(simulator, program, wanted, foreseen, written)
