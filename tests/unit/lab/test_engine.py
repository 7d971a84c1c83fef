from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab import engine, packages, paths
from slipway.errors import SlipwayError


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_an_engine_that_refuses_the_labs_registry_is_answered_with_the_line_to_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "require", lambda *programs: None)
    monkeypatch.setattr(engine, "running", lambda: True)
    registries = json.dumps({"InsecureRegistryCIDRs": ["127.0.0.0/8"]})
    monkeypatch.setattr(engine, "docker", lambda *arguments: registries)
    with pytest.raises(SlipwayError) as raised:
        engine.ensure()
    assert raised.value.where == "/etc/docker/daemon.json"
    assert '"insecure-registries": ["10.88.0.0/24"]' in raised.value.remedy


def test_an_engine_that_the_lab_did_not_start_is_not_its_own() -> None:
    assert engine.started_here() is None


def test_a_machine_without_an_engine_has_it_configured_before_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "docker" / "daemon.json"
    found: list[str] = []
    monkeypatch.setattr(engine, "CONFIGURATION", configuration)
    monkeypatch.setattr(packages, "locate", lambda program: None)
    monkeypatch.setattr(
        packages, "require", lambda *programs: found.append(configuration.read_text())
    )
    monkeypatch.setattr("os.geteuid", lambda: 0)
    engine._install()
    assert json.loads(found[0]) == {"insecure-registries": ["10.88.0.0/24"]}


def test_a_configuration_that_is_there_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "daemon.json"
    configuration.write_text("{}")
    monkeypatch.setattr(engine, "CONFIGURATION", configuration)
    monkeypatch.setattr(packages, "locate", lambda program: None)
    monkeypatch.setattr(packages, "require", lambda *programs: None)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    engine._install()
    assert configuration.read_text() == "{}"


def test_other_peoples_containers_are_told_from_the_labs(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = "slipway-lab-staging-1 staging-1\nsomebody-elses \n"
    monkeypatch.setattr(engine, "docker", lambda *arguments: listing)
    assert engine.foreign_containers() == ["somebody-elses"]


def test_a_process_id_that_now_belongs_to_another_program_is_not_the_engine() -> None:
    (paths.state() / "dockerd.pid").write_text(str(os.getpid()))
    assert engine.started_here() is None
