"""What is done with a real crontab: tests/unit/components/test_server.py installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.agent import cron
from slipway.errors import SlipwayError
from slipway.protocol.installation import Installation

SHOP = Installation("shop", "production")
LINE = (
    "@reboot python3 $HOME/.slipway/shop/production/agent watch shop production"
    " # slipway shop/production"
)


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file behind a `crontab` that lists and replaces."""
    file, program = tmp_path / "lines", tmp_path / "crontab"
    program.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then cat {file}; else cat > {file}; fi\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return file


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Processes: an init and a cron."""
    for number, name in (("1", "systemd"), ("417", "cron")):
        folder = tmp_path / "proc" / number
        folder.mkdir(parents=True)
        (folder / "comm").write_text(f"{name}\n")
    return tmp_path / "proc"


def test_a_server_on_which_cron_starts_the_watchdog_has_no_fault(crontab: Path, proc: Path) -> None:
    crontab.write_text(f"@daily backup\n{LINE}\n")
    assert cron.starts_at_boot(SHOP)
    assert cron.faults(SHOP, proc) == []


def test_the_users_own_lines_stay_as_they_are(crontab: Path, tmp_path: Path) -> None:
    own = b"# Gru\xdfe\x0c und \xc3\x9f\n@daily backup\n"
    crontab.write_bytes(own)
    (tmp_path / ".slipway").mkdir()
    cron.install(SHOP, tmp_path)
    cron.install(SHOP, tmp_path)
    assert crontab.read_bytes() == own + f"{LINE}\n".encode()


@pytest.mark.parametrize(
    "lines", ["", f"#{LINE}\n", LINE.replace("production", "staging") + "\n"],
    ids=["none", "a comment", "another environment's"],
)  # fmt: skip
def test_a_line_that_is_missing_is_a_fault(crontab: Path, proc: Path, lines: str) -> None:
    crontab.write_text(lines)
    (fault,) = cron.faults(SHOP, proc)
    assert fault.startswith("the watchdog's line is missing in the crontab of ")
    assert fault.endswith(". Run `pulumi up`")


def test_a_server_without_a_cron_daemon_is_a_fault(crontab: Path, proc: Path) -> None:
    crontab.write_text(f"{LINE}\n")
    (proc / "417" / "comm").write_text("crony\n")
    (proc / "418").mkdir()  # has ended meanwhile
    (proc / "419").mkdir()
    (proc / "419" / "comm").write_bytes("translation-für".encode()[:14] + b"\n")
    (fault,) = cron.faults(SHOP, proc)
    assert fault == "no cron daemon runs; it has to start the watchdog after a boot. Start cron"


def test_a_server_without_crontab_cannot_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / ".slipway").mkdir()
    assert not cron.starts_at_boot(SHOP)
    with pytest.raises(SlipwayError, match=r"crontab failed: .*No such file.* Install cron"):
        cron.install(SHOP, tmp_path)
