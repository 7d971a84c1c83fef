"""The same done for several things at once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def in_parallel(
    do: Callable[[Thing], Result], things: Iterable[Thing], at_once: int
) -> list[Result]:
    """What came of each, in their order. When all have ended, the first one's error is raised."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(do, things))
