from __future__ import annotations

from pathlib import Path

import pytest

from lab import keys, paths, ssh_agent
from lab.layout import find


def test_known_hosts_pins_each_servers_address_to_its_key() -> None:
    pinned = {find("staging-1"): "ssh-ed25519 AAAAone", find("production-1"): "ssh-ed25519 AAAAtwo"}
    assert keys.known_hosts_text(pinned) == (
        "10.88.0.11 ssh-ed25519 AAAAone\n10.88.0.21 ssh-ed25519 AAAAtwo\n"
    )


def test_a_host_key_reads_as_stack_files_pin_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = keys.server_folder(find("staging-1"))
    folder.mkdir(parents=True)
    (folder / "host_key.pub").write_text("ssh-ed25519 AAAAone staging-1\n")
    assert keys.host_key(find("staging-1")) == "ssh-ed25519 AAAAone"


def test_keys_lie_outside_the_repository_in_a_folder_for_their_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert keys.deploy_key() == tmp_path / "slipway/lab/deploy_key"
    assert paths.state().stat().st_mode & 0o777 == 0o700


def test_the_agents_process_id_is_read_from_what_it_prints() -> None:
    said = "SSH_AUTH_SOCK=/s; export SSH_AUTH_SOCK;\nSSH_AGENT_PID=42; export SSH_AGENT_PID;\n"
    assert ssh_agent.pid_from(said) == "42"
