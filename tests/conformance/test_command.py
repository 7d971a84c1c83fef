"""How commands on servers and on this machine behave where the recordings do not reach."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import waiting

from . import plugin
from .plugin import REPOSITORY, CallError, Plugin, is_offline, running
from .sshd import Sshd, free_port

URN = "urn:pulumi:test::test::"
REMOTE, LOCAL, COPY = (
    f"{URN}command:remote:Command::step",
    f"{URN}command:local:Command::step",
    f"{URN}command:remote:CopyToRemote::step",
)
ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}
ARCHIVE = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
only_offline = pytest.mark.skipif(
    not is_offline("command"), reason="the official plugin hangs here for ever"
)


def create(plugin: Plugin, urn: str, **inputs: Any) -> dict[str, Any]:
    answer: dict[str, Any] = plugin.call("Create", {"urn": urn, "properties": inputs})["properties"]
    return answer


def update(plugin: Plugin, state: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    request = {"id": "step", "urn": REMOTE, "olds": state, "news": inputs, "oldInputs": {}}
    answer: dict[str, Any] = plugin.call("Update", request)["properties"]
    return answer


def failure(plugin: Plugin, urn: str, **inputs: Any) -> str:
    with pytest.raises(CallError) as caught:
        create(plugin, urn, **inputs)
    return caught.value.text.removeprefix("rpc error: code = Unknown desc = ")


@pytest.mark.parametrize("pinned", ["other_key", "ed25519_key"])
def test_a_server_that_shows_another_host_key_gets_no_command(
    command: Plugin, sshd: Sshd, tmp_path: Path, pinned: str
) -> None:
    """Also where it has the pinned one: it is asked for its ECDSA key first."""
    touch = f"touch {tmp_path / 'ran'}"
    connection = sshd.connection(hostKey=getattr(sshd, pinned))
    assert "host key mismatch" in failure(command, REMOTE, connection=connection, create=touch)
    assert not (tmp_path / "ran").exists()


def test_a_key_in_the_agent_is_enough(command: Plugin, sshd: Sshd, agent: str) -> None:
    connection = sshd.connection(privateKey=None, agentSocketPath=agent)
    assert create(command, REMOTE, connection=connection, create="echo in")["stdout"] == "in"


def test_a_key_that_the_server_does_not_know_is_refused(command: Plugin, sshd: Sshd) -> None:
    connection = sshd.connection(user="nobody", privateKey=None, password="wrong")
    refusal = failure(command, REMOTE, connection=connection, create="true")
    assert refusal.startswith("after 0 failed attempts: ssh: handshake failed: ssh: unable to")


def test_a_closed_port_is_dialled_again_as_often_as_allowed(command: Plugin, sshd: Sshd) -> None:
    port = free_port()
    connection = sshd.connection(port=port, dialErrorLimit=3)
    began = time.monotonic()
    refusal = failure(command, REMOTE, connection=connection, create="true")
    assert refusal == (
        f"after 3 failed attempts: dial tcp 127.0.0.1:{port}: connect: connection refused"
    )
    assert 0.4 < time.monotonic() - began < 5


def test_an_interruption_ends_the_dialling(project: Path, sshd: Sshd) -> None:
    connection = sshd.connection(port=free_port(), dialErrorLimit=10)
    with running("command", project) as plugin:
        plugin.cancel()
        began = time.monotonic()
        assert "connection refused" in failure(plugin, REMOTE, connection=connection, create="true")
        assert time.monotonic() - began < 2


@only_offline
def test_a_server_that_says_nothing_is_given_up(command: Plugin, sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        connection = sshd.connection(port=mute.getsockname()[1], perDialTimeout=1)
        assert "i/o timeout" in failure(command, REMOTE, connection=connection, create="true")


@only_offline
@pytest.mark.parametrize("where", ["remote", "local"])
def test_a_line_of_a_megabyte_arrives_whole(command: Plugin, sshd: Sshd, where: str) -> None:
    long = "head -c 1000000 /dev/zero | tr '\\0' x"
    if where == "local":
        state = create(command, LOCAL, create=long)
    else:
        state = create(command, REMOTE, connection=sshd.connection(), create=long)
    assert len(state["stdout"]) == 1_000_000


def test_outputs_lose_only_their_last_newline(command: Plugin, sshd: Sshd) -> None:
    state = create(command, REMOTE, connection=sshd.connection(), create="echo; echo a; echo")
    assert state["stdout"] == "\na\n"


def test_standard_input_of_a_megabyte_arrives_whole(command: Plugin, sshd: Sshd) -> None:
    stdin = "x" * 1_000_000
    state = create(command, REMOTE, connection=sshd.connection(), create="wc -c", stdin=stdin)
    assert state["stdout"].strip() == "1000000"


def test_a_command_that_reads_no_input_is_no_error(command: Plugin, sshd: Sshd) -> None:
    connection = sshd.connection()
    for _ in range(3):
        create(command, REMOTE, connection=connection, create="true", stdin="x" * 300_000)


def test_an_error_does_not_tell_the_standard_input(command: Plugin, sshd: Sshd) -> None:
    connection = sshd.connection()
    told = failure(command, REMOTE, connection=connection, create="exit 7", stdin="password")
    assert told == 'Process exited with status 7: running "exit 7":\n'
    assert "password" not in "".join(command.engine.lines)


def test_a_command_ended_by_a_signal_says_which(command: Plugin, sshd: Sshd) -> None:
    told = failure(command, REMOTE, connection=sshd.connection(), create="kill -TERM $$")
    assert told.startswith("Process exited with status 143 from signal TERM: running")


def test_a_variable_that_the_server_drops_stops_the_command(
    command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    touch, environment = f"touch {tmp_path / 'ran'}", {"REFUSED": "1"}
    told = failure(
        command, REMOTE, connection=sshd.connection(), create=touch, environment=environment
    )
    assert told == 'could not set environment variable "REFUSED": ssh: setenv failed'
    assert not (tmp_path / "ran").exists()


def test_a_variable_that_the_server_accepts_arrives(command: Plugin, sshd: Sshd) -> None:
    environment = {"ACCEPTED": 'it\'s "here"'}
    state = create(
        command,
        REMOTE,
        connection=sshd.connection(),
        create='echo "$ACCEPTED"',
        environment=environment,
    )
    assert state["stdout"] == environment["ACCEPTED"]


@pytest.mark.parametrize(("added", "seen"), [(None, "first"), (False, "")])
def test_the_last_output_reaches_the_next_run_unless_turned_off(
    command: Plugin, sshd: Sshd, added: bool | None, seen: str
) -> None:
    connection = sshd.connection()
    state = create(command, REMOTE, connection=connection, create="echo first")
    inputs = {} if added is None else {"addPreviousOutputInEnv": added}
    repeat = "echo $PULUMI_COMMAND_STDOUT"
    assert update(command, state, connection=connection, create=repeat, **inputs)["stdout"] == seen


@pytest.mark.parametrize(
    ("logging", "logged"),
    [
        ("none", set()),
        ("stdout", {"out"}),
        ("stderr", {"err"}),
        ("stdoutAndStderr", {"out", "err"}),
    ],
)
def test_only_what_is_wanted_is_logged(
    command: Plugin, sshd: Sshd, logging: str, logged: set[str]
) -> None:
    command.engine.lines.clear()
    both = "echo out; echo err >&2"
    create(command, REMOTE, connection=sshd.connection(), create=both, logging=logging)
    assert set(command.engine.lines) == logged


def test_a_jump_host_is_passed_through_and_checked(command: Plugin, sshd: Sshd) -> None:
    jump = sshd.connection()
    del jump["dialErrorLimit"]
    state = create(command, REMOTE, connection=sshd.connection(proxy=jump), create="echo through")
    assert state["stdout"] == "through"
    wrong = sshd.connection(proxy={**jump, "hostKey": sshd.other_key})
    assert "host key mismatch" in failure(command, REMOTE, connection=wrong, create="true")


def test_a_step_goes_on_when_the_engine_no_longer_waits(
    command: Plugin, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = tmp_path / "done"
    monkeypatch.setattr(plugin, "CALL_SECONDS", 0.5)
    slow = f"sleep 1; echo going on; sleep 0.2; touch {done}"
    with pytest.raises(CallError, match="Deadline"):
        create(command, REMOTE, connection=sshd.connection(), create=slow)
    wait_until(done.exists, 5)


@only_offline
def test_the_plugin_ends_after_its_engine(project: Path) -> None:
    start = f"{shlex.join([sys.executable, '-m', 'lab.plugins.command'])} & echo $!; wait"
    shell = subprocess.Popen(
        ["sh", "-c", start],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    pid = int(shell.stdout.readline())
    shell.stdout.readline()  # the port: it serves
    shell.kill()
    shell.wait()
    wait_until(lambda: not alive(pid), 10)


def test_a_copied_file_is_whole_and_has_the_servers_default_mode(
    command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 4000)
    source.chmod(0o600)
    asset = {**ASSET, "path": str(source), "hash": "1"}
    create(command, COPY, connection=sshd.connection(), source=asset, remotePath=str(target))
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_folder_is_copied_below_the_target_and_nothing_is_deleted(
    command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    source, target = tmp_path / "site", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "page").write_text("page")
    target.mkdir()
    (target / "other").write_text("stays")
    archive = {**ARCHIVE, "path": str(source), "hash": "1"}
    create(command, COPY, connection=sshd.connection(), source=archive, remotePath=str(target))
    assert (target / "site" / "deep" / "page").read_text() == "page"
    assert (target / "other").read_text() == "stays"


def test_a_file_for_a_folder_that_cannot_be_made_names_the_path(
    command: Plugin, sshd: Sshd, project: Path, tmp_path: Path
) -> None:
    asset = {**ASSET, "path": str(project / "file.txt"), "hash": "1"}
    (tmp_path / "file").touch()
    below = str(tmp_path / "file" / "x")
    told = failure(command, COPY, connection=sshd.connection(), source=asset, remotePath=below)
    assert below in told


def test_a_local_command_has_its_folder_input_and_interpreter(
    command: Plugin, tmp_path: Path
) -> None:
    state = create(
        command,
        LOCAL,
        create="import os, sys; print(os.getcwd(), sys.stdin.read(), os.environ['A'])",
        interpreter=[sys.executable, "-c"],
        dir=str(tmp_path),
        stdin="given",
        environment={"A": "set"},
    )
    assert state["stdout"] == f"{tmp_path} given set"


def test_a_failed_local_command_tells_status_command_and_output(command: Plugin) -> None:
    told = failure(command, LOCAL, create='echo "so"; exit 4')
    assert told == 'exit status 4: running "echo \\"so\\"; exit 4":\nso\n'


def test_a_changed_trigger_and_a_changed_variable_are_told_by_path(command: Plugin) -> None:
    old = {"create": "c", "triggers": ["1", {"a": 1}], "environment": {"A": "1", "B": "1"}}
    new = {"create": "c", "triggers": ["1", {"a": 2}], "environment": {"A": "2", "C": "1"}}
    request = {"id": "s", "urn": LOCAL, "olds": old, "oldInputs": old, "news": new}
    assert command.call("Diff", request)["detailedDiff"] == {
        "environment.A": {"kind": "UPDATE"},
        "environment.B": {"kind": "DELETE"},
        "environment.C": {},
        "triggers[1].a": {"kind": "UPDATE"},
    }


@only_offline
def test_what_is_not_covered_is_refused_by_name(command: Plugin) -> None:
    inputs = {"create": "true", "assetPaths": ["*"]}
    refusals = command.call("Check", {"urn": LOCAL, "news": inputs, "olds": {}})["failures"]
    assert [refusal["property"] for refusal in refusals] == ["assetPaths"]
    with pytest.raises(CallError, match="command:remote:CopyFile"):
        command.call("Check", {"urn": f"{URN}command:remote:CopyFile::x", "news": {}, "olds": {}})


def test_a_misspelt_connection_is_refused_by_name(command: Plugin, sshd: Sshd) -> None:
    inputs = {"create": "true", "connection": {"hostkey": sshd.host_key}}
    refusals = command.call("Check", {"urn": REMOTE, "news": inputs, "olds": {}})["failures"]
    named = {refusal["property"].removeprefix("connection.") for refusal in refusals}
    assert {"host", "hostkey"} & named


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits for its parent to notice does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


def wait_until(met: Any, seconds: float) -> None:
    assert waiting.until(met, seconds, poll=0.05), f"not within {seconds} s"


@pytest.fixture
def agent(sshd: Sshd, tmp_path: Path) -> Iterator[str]:
    """The socket of an SSH agent that holds the user's key."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        wait_until(path.exists, 5)
        subprocess.run(
            ["ssh-add", "-q", "-"],
            input=sshd.private_key.encode(),
            env={**os.environ, "SSH_AUTH_SOCK": str(path)},
            check=True,
            timeout=10,
        )
        yield str(path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
