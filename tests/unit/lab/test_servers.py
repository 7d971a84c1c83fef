from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from lab import images, keys, servers
from lab.layout import find


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def following(arguments: list[str], option: str) -> list[str]:
    return [value for key, value in pairwise(arguments) if key == option]


def test_a_server_keeps_its_address_its_disk_and_its_keys_from_one_container_to_the_next() -> None:
    server = find("production-2")
    arguments = servers.create_arguments(server)
    assert following(arguments, "--ip") == ["10.88.0.22"]
    assert following(arguments, "--volume") == [
        "slipway-lab-production-2-docker:/var/lib/docker",
        f"{keys.server_folder(server)}:/lab:ro",
    ]


def test_a_server_is_not_given_the_whole_machine() -> None:
    arguments = servers.create_arguments(find("staging-1"))
    assert "--privileged" not in arguments
    assert "SYS_RESOURCE" not in arguments


def test_another_image_makes_a_server_out_of_date(monkeypatch: pytest.MonkeyPatch) -> None:
    server = find("staging-1")
    before = servers.definition(server)
    assert servers.definition(server) == before
    monkeypatch.setattr(images, "name", lambda recipe: f"slipway-lab/{recipe}:newer")
    assert servers.definition(server) != before


def test_ssh_trusts_the_pinned_host_keys_only_and_never_asks() -> None:
    options = following(servers.ssh_arguments(find("staging-1"), "true"), "-o")
    assert "StrictHostKeyChecking=yes" in options
    assert f"UserKnownHostsFile={keys.known_hosts()}" in options
    assert "BatchMode=yes" in options


def test_a_command_that_looks_like_an_option_reaches_the_server_as_a_command() -> None:
    assert servers.ssh_arguments(find("staging-1"), "-v")[-3:] == ["deploy@10.88.0.11", "--", "-v"]
