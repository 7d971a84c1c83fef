"""The files pass the linters of their field, with no finding and no exception."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from slipway.ci.files import files, workflows
from slipway.ci.model import Run
from tests.unit.slipway.ci import sample
from toolchain import actionlint

LIMIT = 120.0
CONFIGURATIONS = {
    "everything": sample.EVERYTHING,
    "python": sample.PYTHON,
    "own commands": sample.OWN_COMMANDS,
}


@pytest.fixture(params=CONFIGURATIONS.values(), ids=list(CONFIGURATIONS))
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for name, text in files(sample.settings(request.param)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def complaints(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_actionlint_finds_nothing(repository: Path) -> None:
    shellcheck = shutil.which("shellcheck")
    assert shellcheck, "without it, actionlint leaves the scripts out"
    command = [str(actionlint.install()), "-no-color", "-shellcheck", shellcheck]
    assert complaints(command, repository) == ""


def test_zizmor_finds_nothing_even_when_it_is_pedantic(repository: Path) -> None:
    command = ["zizmor", "--offline", "--no-config", "--no-ignores", "--pedantic", "."]
    assert complaints(command, repository) == ""


def test_every_script_passes_shellcheck(tmp_path: Path) -> None:
    steps = (
        step
        for text in CONFIGURATIONS.values()
        for workflow in workflows(sample.settings(text)).values()
        for job in workflow.jobs.values()
        for step in job.steps
    )
    scripts = sorted({step.run for step in steps if isinstance(step, Run)})
    for number, script in enumerate(scripts):
        (tmp_path / f"{number}.sh").write_text(script)
    command = [
        "shellcheck",
        "--shell",
        "bash",
        "--severity",
        "style",
        *map(str, tmp_path.iterdir()),
    ]
    assert len(scripts) > 30
    assert complaints(command, tmp_path) == ""
