from __future__ import annotations

from pathlib import Path

import pytest

from slipway.agent import logind

ENDS = "[Login]\nKillUserProcesses=yes\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with systemd."""
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def faults(root: Path) -> list[str]:
    return list(logind.faults("deploy", root))


def test_processes_that_end_with_the_session_are_a_fault_with_its_remedy(root: Path) -> None:
    write(root, "etc/systemd/logind.conf", ENDS)
    (fault,) = faults(root)
    assert "ends the watchdog with the SSH session" in fault
    assert "loginctl enable-linger deploy" in fault


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("var/lib/systemd/linger/deploy", ""),
        ("etc/systemd/logind.conf.d/90-own.conf", "[Login]\nKillUserProcesses=no\n"),
        ("etc/systemd/logind.conf.d/90-own.conf", "[Login]\nKillExcludeUsers=root deploy\n"),
        ("usr/lib/systemd/logind.conf.d/90-own.conf", "[Login]\nKillOnlyUsers=students\n"),
    ],
    ids=["lingers", "switched off later", "spared", "for others"],
)
def test_a_user_whose_processes_stay_is_fine(path: str, text: str, root: Path) -> None:
    write(root, "etc/systemd/logind.conf", ENDS)
    write(root, path, text)
    assert faults(root) == []


def test_a_later_file_switches_it_on(root: Path) -> None:
    write(root, "etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=no\n")
    write(root, "run/systemd/logind.conf.d/10-site.conf", ENDS)
    assert faults(root)


def test_without_systemd_nothing_ends(tmp_path: Path) -> None:
    write(tmp_path, "etc/systemd/logind.conf", ENDS)
    assert faults(tmp_path) == []
