"""How the `slipway` command tells a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway import cli


def test_a_mistake_is_one_line_on_standard_error_and_exit_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["slipway", "status", "--stack", "live"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    said = f"error: {tmp_path}: there is no Pulumi.yaml. Change to the project's folder\n"
    assert (stopped.value.code, capsys.readouterr().err) == (1, said)
