"""Run a function for several items concurrently."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(do: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> list[Result]:
    """The results, in order. When all have ended, the first error is raised."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(do, items))
