"""A clean copy of the sample shop, and its services, as a runner of GitHub's would have them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop.services import Services, running
from tests.workflows.programs import PUSH, Programs
from tests.workflows.runner import Runner

REPOSITORY = Path(__file__).parents[2]
PARTS = ("examples/shop", "tests/shop", "tests/conftest.py", "pyproject.toml")


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    with running() as services:
        yield services


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an interpreter with pip and no packages: what setup-python gives."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run(
        [
            "uv",
            "venv",
            "--quiet",
            "--seed",
            "--system-certs",
            "--python",
            sys.executable,
            str(folder),
        ],
        check=True,
        timeout=120,
    )
    return folder / "bin"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """What a checkout has: the files that git knows, and nothing else."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PARTS],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    folder = tmp_path / "checkout"
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name)
    return folder


@pytest.fixture
def runner(shop: Path, python: Path, services: Services, tmp_path: Path) -> Runner:
    """A machine with the shop's checkout, whose services are where this machine has them."""
    temp = tmp_path / "temp"
    temp.mkdir()

    def set_up_python(runner: Runner) -> dict[str, str]:
        runner.path.insert(0, str(python))
        return {}

    return Runner(
        shop,
        temp,
        given={
            "DATABASE_URL": services.database_url("postgres"),
            "REDIS_URL": services.redis_url,
        },
        stand_ins={"actions/checkout": lambda _: {}, "actions/setup-python": set_up_python},
    )


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Programs that note how they are called, and answer as they are told."""
    return Programs(tmp_path / "bin", tmp_path / "calls.jsonl")


@pytest.fixture
def machine(tmp_path: Path, programs: Programs) -> Runner:
    """A machine after a push to main, on which other programs stand for GitHub's and Docker's."""
    for name in ("work", "temp"):
        (tmp_path / name).mkdir()
    return Runner(
        tmp_path / "work",
        tmp_path / "temp",
        context={"github": dict(PUSH), "inputs": {}, "needs": {}},
        path=[str(programs.folder)],
    )
