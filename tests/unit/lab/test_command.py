from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lab import command
from lab.command import kill_session, run
from slipway.errors import SlipwayError


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab's state, away from the real one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "slipway" / "lab"


def test_a_failure_names_the_program_and_its_last_lines() -> None:
    with pytest.raises(SlipwayError, match="no space left") as raised:
        run(python("import sys; sys.exit('no space left')"), limit=10)
    assert raised.value.where.startswith(sys.executable)


def test_the_whole_output_of_a_failed_program_is_kept_in_a_file_for_its_owner() -> None:
    program = "import sys; print('out'); sys.exit('\\n'.join(f'line {n}' for n in range(50)))"
    with pytest.raises(SlipwayError, match="line 49") as raised:
        run(python(program), limit=10, remedy="Try again")
    assert "line 20" not in raised.value.what
    advice, _, path = raised.value.remedy.partition(". The whole output is in ")
    assert advice == "Try again"
    text = Path(path).read_text()
    assert all(f"line {n}\n" in text for n in range(50))
    assert "out\n" in text
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_old_failures_make_room_for_new_ones(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "KEPT_FAILURES", 2)
    for _ in range(4):
        with pytest.raises(SlipwayError) as raised:
            run(["false"], limit=10)
    kept = [str(file) for file in (state / "failures").iterdir()]
    assert len(kept) == 2
    assert raised.value.remedy.rpartition(" ")[2] in kept


def test_a_program_that_overruns_its_limit_is_an_error() -> None:
    with pytest.raises(SlipwayError, match=r"did not finish within 0\.2 s"):
        run(python("import time; time.sleep(30)"), limit=0.2)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(SlipwayError, match="no-such-program is not installed"):
        run(["no-such-program"], limit=10)


def test_what_comes_in_by_standard_input_is_in_no_argument() -> None:
    assert run(python("print(input())"), limit=10, stdin="secret\n") == "secret\n"


def test_a_session_is_killed_with_every_process_in_it() -> None:
    child = "subprocess.Popen(['sleep', '30'], process_group=0); print('begun', flush=True)"
    process = subprocess.Popen(
        python(f"import subprocess, sys; {child}; sys.stdin.read()"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    kill_session(process)
    assert process.stdout.read() == "", "the output ends with the last process that holds it"
    kill_session(process)
