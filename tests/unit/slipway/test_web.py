from __future__ import annotations

import subprocess
import sys


def test_a_client_comes_without_its_command_line() -> None:
    program = "import sys; from slipway.web import httpx; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    assert "httpx" in loaded
    assert {"click", "rich"}.isdisjoint(loaded)
