from __future__ import annotations

import os
import time
from pathlib import Path

from tests.unit.toolchain.conftest import Machine
from toolchain import cleaning, pulumi, python

MONTH = 30 * 86_400


def aged(folder: Path, seconds: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder, (time.time() - seconds,) * 2)
    return folder


def test_only_what_was_unused_for_long_is_removed(machine: Machine) -> None:
    old = [aged(machine.cache / name, MONTH) for name in (".partial-x", "pulumi-home-0", "venv-0")]
    recent = aged(machine.cache / "venv-1", 60)
    foreign = aged(machine.cache / "lab", MONTH)
    assert cleaning.clean() == old
    assert recent.exists()
    assert foreign.exists()


def test_what_this_clone_uses_is_kept_however_old(machine: Machine) -> None:
    machine.has("pulumi", folder=pulumi._built_directory())
    ours = [aged(folder, MONTH) for folder in (python.directory(), pulumi._built_directory())]
    assert cleaning.clean() == []
    assert [folder for folder in ours if not folder.exists()] == []


def test_a_set_up_marks_what_it_uses(machine: Machine) -> None:
    ours = aged(python.directory(), MONTH)
    cleaning.mark_used()
    assert time.time() - ours.stat().st_mtime < 60
