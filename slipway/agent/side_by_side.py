"""The same done for several things at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def side_by_side(
    do: Callable[[Thing], Result], things: Iterable[Thing], at_once: int
) -> list[Result]:
    """What came of each, in their order. When all have ended, the first one's error is raised."""
    wanted = list(things)
    if len(wanted) < 2:  # mostly; and threads are not read for nothing at each start of the agent
        return [do(each) for each in wanted]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=min(at_once, len(wanted))) as pool:
        return list(pool.map(do, wanted))
