"""Marks every test by its suite, the folder it lies in, and says which run side by side."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from inspect import CORO_SUSPENDED, getcoroutinestate
from pathlib import Path
from types import CoroutineType

import pytest
from hypothesis import settings

# The limit of each whole test is enough: a single example is slow when the machine is busy.
settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

# As Python has it, not the environment (toolchain/python.py): what Pulumi's programs leave behind
# in this process is to end soon. A test that runs Pulumi's nested event loops, long after others
# that left coroutines of theirs, has once crashed Python 3.11.2.
gc.set_threshold(700)

TESTS = Path(__file__).parent

LIMITS = {
    "lab": 900,
    "github": 180,
    "chaos": 900,
    "workflows": 600,
    "agent": 300,
    "conformance": 120,
    "shop": 120,
    "unit": 60,
}
"""Suite → seconds that one test in it may take, fixtures included."""

LIFECYCLE = "lab/test_lifecycle.py"  # takes the lab down: all that need it come after
ORDER = (
    LIFECYCLE,
    *("github/test_stack", "workflows/", "shop/"),  # meanwhile, what needs no lab
    *("lab/test_delivery.py", "chaos/test_drift.py"),  # on servers without a past
    *("chaos/", "lab/", "agent/", "conformance/", "github/", "unit/"),
)
"""Beginnings of files' places: which come before which. Those that stay long in one process begin
early, and shorter ones fill the gaps; so do, of single files, the larger ones."""

APART = {LIFECYCLE, "lab/test_lab.py"}  # with servers that the rest of their suite does not use
BY_FILE = {"agent", "github"}  # each process takes a server for itself; each test has its GitHub
SHARING = "github/test_stack"  # but these share what is deployed there
PROGRAMS = {"github", "conformance"}  # run Pulumi's programs in their own process
IN_TURN = frozenset(LIMITS) - {"unit"}
"""Suites whose tests share servers, and what earlier tests did to them."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {}
    for item in items:
        name = _place(item.path)
        suite = name.partition("/")[0]
        if suite not in LIMITS:
            continue
        item.add_marker(suite)
        if suite in IN_TURN:
            alone = name in APART or (suite in BY_FILE and not name.startswith(SHARING))
            item.add_marker(pytest.mark.xdist_group(name if alone else suite))
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LIMITS[suite]))
        size = item.path.stat().st_size if suite in BY_FILE else 0
        order[item] = (next(n for n, start in enumerate(ORDER) if name.startswith(start)), -size)
    items.sort(key=lambda item: order.get(item, (0, 0)))


@pytest.fixture(scope="session")
def lab_left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is there once nobody takes the lab down any more."""
    return tmp_path_factory.getbasetemp().parent / "lab-left"


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, lab_left: Path) -> None:
    """The machine's engine and the lab on it, for tests that others must not take them from."""
    if any(_place(item.path) == LIFECYCLE for item in request.session.items):
        from lab.waiting import until  # the shop's own CI has this file, and no lab

        assert until(lab_left.exists, LIMITS["lab"]), f"{LIFECYCLE} did not come to its end"


@pytest.fixture(scope="module", autouse=True)
def _programs_ended(request: pytest.FixtureRequest) -> Iterator[None]:
    """The coroutines that Pulumi's programs leave suspended end now, not within a later test.

    Python would tell of each with a traceback, for which it reads source, and Python 3.11.2 breaks
    when it is reading some already ("AST constructor recursion depth mismatch").
    """
    yield
    if _place(request.path).partition("/")[0] in PROGRAMS:
        for left in [each for each in gc.get_objects() if isinstance(each, CoroutineType)]:
            pulumis = "pulumi" in Path(left.cr_code.co_filename).parts
            if pulumis and getcoroutinestate(left) == CORO_SUSPENDED:
                with suppress(RuntimeError):  # it waits for more while it ends
                    left.close()


@cache
def _place(path: Path) -> str:
    """Where a file of tests lies, as "SUITE/FILE"; empty for one that is none of the suites'."""
    return path.relative_to(TESTS).as_posix() if TESTS in path.parents else ""
