"""How commands on servers and on this machine behave where the recordings do not reach."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lab import waiting

from . import plugin
from .plugin import REPOSITORY, CallError, Plugin, is_offline, offline, running
from .sshd import Sshd, free_port, keygen

URN = "urn:pulumi:test::test::"
REMOTE, LOCAL, COPY = (
    f"{URN}command:remote:Command::step",
    f"{URN}command:local:Command::step",
    f"{URN}command:remote:CopyToRemote::step",
)
ASSET = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}
ARCHIVE = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
not_where_it_hangs = pytest.mark.skipif(
    not is_offline("command"), reason="the official plugin hangs here for ever"
)


def create(plugin: Plugin, urn: str, **inputs: Any) -> dict[str, Any]:
    state: dict[str, Any] = plugin.create(urn, inputs)["properties"]
    return state


def failure(plugin: Plugin, urn: str, **inputs: Any) -> str:
    with pytest.raises(CallError) as caught:
        create(plugin, urn, **inputs)
    return caught.value.text.removeprefix("rpc error: code = Unknown desc = ")


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_server_is_known_by_any_of_its_keys_that_is_pinned(
    command: Plugin, sshd: Sshd, kind: str
) -> None:
    connection = sshd.connection(hostKey=sshd.host_keys[kind])
    assert create(command, REMOTE, connection=connection, create="echo in")["stdout"] == "in"


def test_an_rsa_key_that_is_pinned_is_of_no_use(
    command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    """A server is asked to sign with the pinned key's own type, which sshd no longer does."""
    touch = f"touch {tmp_path / 'ran'}"
    connection = sshd.connection(hostKey=sshd.host_keys["rsa"])
    told = failure(command, REMOTE, connection=connection, create=touch)
    assert told.startswith(
        "after 0 failed attempts: ssh: handshake failed: "
        "ssh: no common algorithm for host key; we offered: [ssh-rsa]"
    )
    assert not (tmp_path / "ran").exists()


def test_a_server_that_shows_another_host_key_gets_no_command(
    command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    touch = f"touch {tmp_path / 'ran'}"
    connection = sshd.connection(hostKey=sshd.other_key)
    told = failure(command, REMOTE, connection=connection, create=touch)
    assert told == "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch"
    assert not (tmp_path / "ran").exists()


def test_a_key_in_the_agent_is_enough(command: Plugin, sshd: Sshd, agent: str) -> None:
    connection = sshd.connection(privateKey=None, agentSocketPath=agent)
    assert create(command, REMOTE, connection=connection, create="echo in")["stdout"] == "in"


@pytest.mark.parametrize(
    ("offering", "login", "attempted"),
    [
        ("sshd", {}, "none"),
        ("sshd", {"password": "wrong"}, "none"),
        ("sshd", {"privateKey": "STRANGER"}, "none publickey"),
        ("sshd_with_passwords", {"password": "wrong"}, "none password"),
        (
            "sshd_with_passwords",
            {"privateKey": "STRANGER", "password": "wrong"},
            "none publickey password",
        ),
    ],
)
def test_a_refused_login_names_the_methods_that_server_and_user_have_in_common(
    command: Plugin,
    request: pytest.FixtureRequest,
    strangers_key: str,
    offering: str,
    login: dict[str, str],
    attempted: str,
) -> None:
    server: Sshd = request.getfixturevalue(offering)
    login = {key: value.replace("STRANGER", strangers_key) for key, value in login.items()}
    connection = server.connection(**{"privateKey": None, **login})
    assert failure(command, REMOTE, connection=connection, create="true") == (
        "after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, "
        f"attempted methods [{attempted}], no supported methods remain"
    )


def test_a_closed_port_is_dialled_again_as_often_as_allowed(command: Plugin, sshd: Sshd) -> None:
    port = free_port()
    connection = sshd.connection(port=port, dialErrorLimit=3)
    began = time.monotonic()
    refusal = failure(command, REMOTE, connection=connection, create="true")
    assert refusal == (
        f"after 3 failed attempts: dial tcp 127.0.0.1:{port}: connect: connection refused"
    )
    assert 0.4 < time.monotonic() - began < 5


def test_an_interruption_ends_the_dialling(command: Plugin, sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        connection = sshd.connection(port=server.getsockname()[1], dialErrorLimit=-1)
        told = pool.submit(failure, command, REMOTE, connection=connection, create="true")
        dialled, _ = server.accept()
        command.cancel()
        dialled.close()
        assert told.result(5) == "rpc error: code = Cancelled desc = context canceled"


def test_an_interruption_lets_a_command_on_a_server_end(
    command: Plugin, sshd: Sshd, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    slow = f"touch {began}; sleep 0.5; echo whole"
    with ThreadPoolExecutor() as pool:
        state = pool.submit(create, command, REMOTE, connection=sshd.connection(), create=slow)
        wait_until(began.exists, 10)
        command.cancel()
        assert state.result(10)["stdout"] == "whole"


def test_an_interruption_kills_a_local_command_and_starts_no_other(
    command: Plugin, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    slow = f"touch {began}; exec sleep 60"
    with ThreadPoolExecutor() as pool:
        told = pool.submit(failure, command, LOCAL, create=slow)
        wait_until(began.exists, 10)
        command.cancel()
        assert told.result(10) == f'signal: killed: running "{slow}":\n'
    assert failure(command, LOCAL, create="true") == (
        'rpc error: code = Cancelled desc = context canceled: running "true":\n'
    )


@not_where_it_hangs
def test_a_server_that_says_nothing_is_given_up(command: Plugin, sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        connection = sshd.connection(port=mute.getsockname()[1], perDialTimeout=1)
        assert "i/o timeout" in failure(command, REMOTE, connection=connection, create="true")


@not_where_it_hangs
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
    wanted = {"connection": connection, "create": repeat, **inputs}
    assert command.update(REMOTE, state, wanted)["properties"]["stdout"] == seen


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
    both = "echo out; echo err >&2"
    create(command, REMOTE, connection=sshd.connection(), create=both, logging=logging)
    assert set(command.engine.lines) == logged


def test_a_jump_host_is_passed_through_and_checked(command: Plugin, sshd: Sshd) -> None:
    jump = sshd.connection()
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
    with pytest.raises(CallError, match=r"Deadline|Cancelled"):
        create(command, REMOTE, connection=sshd.connection(), create=slow)
    assert not done.exists()
    wait_until(done.exists, 5)


def test_the_offline_plugin_ends_after_its_engine(project: Path) -> None:
    start = f"{shlex.join(offline('command'))} & echo $!; wait"
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


def test_the_missing_folders_of_a_copied_file_are_made(
    command: Plugin, sshd: Sshd, project: Path, tmp_path: Path
) -> None:
    asset = {**ASSET, "path": str(project / "file.txt"), "hash": "1"}
    target = tmp_path / "missing" / "folder" / "x"
    create(command, COPY, connection=sshd.connection(), source=asset, remotePath=str(target))
    assert target.read_text() == "hello\n"


def test_the_missing_folders_of_a_copied_folder_are_made(
    command: Plugin, sshd: Sshd, project: Path, tmp_path: Path
) -> None:
    archive = {**ARCHIVE, "path": str(project / "build"), "hash": "1"}
    target = tmp_path / "missing" / "folder"
    create(command, COPY, connection=sshd.connection(), source=archive, remotePath=str(target))
    assert (target / "build" / "Dockerfile").exists()


def test_a_file_for_a_folder_that_cannot_be_made_names_the_path(
    command: Plugin, sshd: Sshd, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    asset = {**ASSET, "path": str(project / "file.txt"), "hash": "1"}
    target = str(tmp_path / "file" / "folder" / "x")
    told = failure(command, COPY, connection=sshd.connection(), source=asset, remotePath=target)
    assert told.startswith(f"failed to create parent directories for {target}: ")
    assert (tmp_path / "file").read_text() == "no folder"


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


def test_what_the_offline_plugin_does_not_cover_it_refuses_by_name(project: Path) -> None:
    with running("command", project, offline("command")) as plugin:
        refused = plugin.check(LOCAL, {"create": "true", "assetPaths": ["*"]})["failures"]
        assert [each["property"] for each in refused] == ["assetPaths"]
        with pytest.raises(CallError, match="command:remote:CopyFile"):
            plugin.check(f"{URN}command:remote:CopyFile::x", {})


@pytest.mark.parametrize("urn", [REMOTE, COPY])
def test_a_check_fills_in_the_defaults_of_a_connection(command: Plugin, urn: str) -> None:
    defaults = {"port": 22, "user": "root", "dialErrorLimit": 10, "perDialTimeout": 15}
    source = {**ASSET, "path": "file.txt", "hash": "1"}
    given = {"create": "true"} if urn == REMOTE else {"remotePath": "/x", "source": source}
    connection = {"host": "one", "proxy": {"host": "jump", "port": 2222}}
    assert command.check(urn, {**given, "connection": connection})["inputs"]["connection"] == {
        **SECRET,
        "value": {
            **defaults,
            "host": "one",
            "proxy": {**defaults, "host": "jump", "port": 2222},
        },
    }


@pytest.mark.parametrize("connection", [UNKNOWN, {"host": UNKNOWN, "proxy": UNKNOWN}])
def test_a_connection_that_only_an_update_will_know_is_accepted(
    command: Plugin, connection: Any
) -> None:
    answer = command.check(REMOTE, {"create": "true", "connection": connection})
    assert "failures" not in answer


@pytest.mark.parametrize(
    ("connection", "named"),
    [
        ({"host": "one", "hostkey": "k"}, {"hostkey"}),
        ({"hostkey": "k", "prot": 22}, {"host", "hostkey", "prot"}),
        ({"host": "one", "proxy": {"host": "jump", "hostkey": "k"}}, {"proxy", "hostkey"}),
        ({"host": "one", "proxy": {"user": "root"}}, {"proxy", "host"}),
    ],
)
def test_what_is_wrong_with_a_connection_is_refused_on_the_connection(
    command: Plugin, connection: dict[str, Any], named: set[str]
) -> None:
    refused = command.check(REMOTE, {"create": "true", "connection": connection})["failures"]
    assert [each["property"] for each in refused] == ["connection"]
    words = set(re.findall(r"\w+", refused[0]["reason"]))
    assert named <= words, refused


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits for its parent to notice does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


def wait_until(met: Any, seconds: float) -> None:
    assert waiting.until(met, seconds, poll=0.05), f"not within {seconds} s"


@pytest.fixture(scope="session")
def strangers_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A private key that no server knows."""
    path = tmp_path_factory.mktemp("stranger") / "key"
    keygen(path)
    return path.read_text()


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
