from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from slipway.agent.bundle import build, digest


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    first = build(tmp_path)
    content = first.read_bytes()
    first.unlink()
    time.sleep(0.01)
    assert build(tmp_path).read_bytes() == content
    assert first.name == f"agent-{digest()}.zip"


def test_it_carries_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(build(tmp_path)).namelist())
    shared = ("slipway/agent/", "slipway/rollout/", "slipway/protocol/")
    packages = {name for name in names if name.startswith(shared)}
    assert names - packages == {
        "__main__.py",
        "slipway/__init__.py",
        "slipway/errors.py",
        "slipway/strenum.py",
    }
    assert {"slipway/agent/__main__.py", "slipway/rollout/release.py"} <= packages
    assert "slipway/agent/bundle.py" not in packages
    assert all(name.endswith(".py") for name in packages)


def test_it_runs_alone_and_refuses_a_step_that_it_does_not_know(tmp_path: Path) -> None:
    agent = build(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", str(agent), "launch"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "agent: unknown step 'launch'. Known: preflight, pull, migrate, start, smoke, switch, "
        "prepare, commit, abort, resolve, accessory, status, diagnose, logs, lock, unlock, health\n"
    )


def test_unpacked_it_runs_from_its_folder_and_keeps_its_bytecode(tmp_path: Path) -> None:
    unpacked = tmp_path / "agent-0123456789ab"
    zipfile.ZipFile(build(tmp_path)).extractall(unpacked)
    (tmp_path / "agent").symlink_to(unpacked.name)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "agent"), "launch"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
    )
    assert done.stderr.startswith("agent: unknown step 'launch'.")
    assert list(unpacked.glob("slipway/agent/__pycache__/*.pyc"))
