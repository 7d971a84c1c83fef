from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from components.server import Server, folder_command, install_command
from slipway.release.status import Status
from slipway.remote import Host
from tests.unit.components import engine

HOST = Host("one", "10.0.0.1", "ssh-ed25519 KEY", user="ops", port=2222)
AGENT = "agent-0123456789ab.pyz"


@pytest.fixture
def recorded(tmp_path: Path) -> engine.Engine:
    agent = tmp_path / AGENT
    agent.write_bytes(b"agent")
    status = Status("one", life="life-1")
    server = {"host": HOST, "status": status, "agent": agent}
    found, address = engine.run(lambda: Server("one", server).address)  # type: ignore[arg-type]
    assert address == "10.0.0.1"
    return found


def test_the_folder_is_made_then_the_agent_copied_then_installed(recorded: engine.Engine) -> None:
    assert recorded["one-folder"].inputs["create"].startswith("timeout 30 sh -c ")
    assert recorded["one-agent"].inputs["remotePath"] == f".slipway/{AGENT}"
    assert recorded["one-agent"].depends_on == {"one-folder"}
    assert recorded["one-install"].depends_on == {"one-agent"}


def test_all_of_a_server_lies_in_its_component(recorded: engine.Engine) -> None:
    assert recorded["one"].kind == "slipway:index:Server"
    for child in ("one-folder", "one-agent", "one-install"):
        assert recorded[child].parent == "one"


def test_a_new_life_of_the_server_installs_all_again(recorded: engine.Engine) -> None:
    assert recorded["one-folder"].inputs["stdin"] == "life-1"
    assert recorded["one-agent"].inputs["triggers"] == ["life-1"]
    assert recorded["one-install"].inputs["stdin"] == "life-1"


def test_every_connection_is_pinned_limited_and_without_a_private_key(
    recorded: engine.Engine,
) -> None:
    for child in ("one-folder", "one-agent", "one-install"):
        assert recorded[child].inputs["connection"] == {
            "host": "10.0.0.1", "port": 2222, "user": "ops", "hostKey": "ssh-ed25519 KEY",
            "dialErrorLimit": 1, "perDialTimeout": 10,
        }  # fmt: skip


def test_an_installation_leaves_one_agent_and_the_note_of_its_life(tmp_path: Path) -> None:
    def shell(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, input="life-1", capture_output=True, text=True,
            timeout=10, check=True,
        )  # fmt: skip

    shell(folder_command())
    folder = tmp_path / ".slipway"
    assert folder.stat().st_mode & 0o777 == 0o700
    unpacked = AGENT.removesuffix(".pyz")
    (folder / "agent-old.pyz").touch()
    (folder / "agent-old" / "slipway").mkdir(parents=True)
    (folder / unpacked).mkdir()
    (folder / unpacked / "spoiled.py").touch()
    with zipfile.ZipFile(folder / AGENT, "w") as archive:
        archive.writestr("slipway/errors.py", "")
    shell(install_command(AGENT))
    assert {path.name for path in folder.iterdir()} == {
        AGENT, unpacked, "agent.pyz", "installed",
    }  # fmt: skip
    assert (folder / "agent.pyz").readlink() == Path(AGENT)
    assert (folder / "installed").read_text() == "life-1"
    assert [path.name for path in (folder / unpacked).iterdir()] == ["slipway"]


def test_a_server_with_an_old_python_says_so_and_is_left_alone(tmp_path: Path) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "python3").write_text("#!/bin/sh\nexit 1\n")
    (fake / "python3").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", folder_command()], cwd=tmp_path, env={"PATH": f"{fake}:{os.defpath}"},
        capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "python3 3.9 or newer is needed here" in done.stderr
    assert not (tmp_path / ".slipway").exists()
