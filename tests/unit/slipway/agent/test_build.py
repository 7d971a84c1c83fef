from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from slipway.agent.build import build, digest


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    first = build(tmp_path)
    content = first.read_bytes()
    first.unlink()
    time.sleep(0.01)
    assert build(tmp_path).read_bytes() == content
    assert first.name == f"agent-{digest()}.pyz"


def test_it_carries_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(build(tmp_path)).namelist())
    packages = {name for name in names if name.startswith(("slipway/agent/", "slipway/release/"))}
    assert names - packages == {
        "__main__.py",
        "slipway/__init__.py",
        "slipway/errors.py",
        "slipway/values.py",
    }
    assert {"slipway/agent/__main__.py", "slipway/release/release.py"} <= packages
    assert "slipway/agent/build.py" not in packages
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
    assert done.stderr.startswith(
        "agent: unknown step 'launch'. Known: preflight, accessory, stage"
    )


def test_unpacked_beside_the_archive_it_runs_from_there_and_keeps_its_bytecode(
    tmp_path: Path,
) -> None:
    agent = build(tmp_path)
    unpacked = agent.with_suffix("")
    zipfile.ZipFile(agent).extractall(unpacked)
    (tmp_path / "agent.pyz").symlink_to(agent.name)
    subprocess.run(
        [sys.executable, str(tmp_path / "agent.pyz"), "launch"],
        capture_output=True,
        check=False,
        timeout=10,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
    )
    assert list(unpacked.glob("slipway/agent/__pycache__/*.pyc"))
