"""A stack whose everything is at GitHub, shared by the tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lab.github.program import Program
from lab.github.simulator import Simulator
from lab.github.state import Environment

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


class Deployments:
    """Makes the stack when it is first asked for, and again after a test that failed."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._parts = ExitStack()
        self._made: Deployed | None = None
        self._failures = 0

    def current(self, failures: int) -> Deployed:
        """The stack; `failures` is how many tests have failed so far."""
        if self._made is None or failures != self._failures:
            self.close()
            self._made, self._failures = self._make(), failures
        return self._made

    def close(self) -> None:
        """Stop the simulator."""
        self._parts.close()

    def _make(self) -> Deployed:
        simulator, folder = self._parts.enter_context(Simulator()), self._folder()
        wanted, program = prepared(simulator, folder), Program(simulator, folder)
        foreseen = program.preview(wanted())
        written = simulator.writes
        program.up(wanted())
        return Deployed(simulator, program, wanted, foreseen, written)
