"""What OpenSSH is given, and how its failures are told."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from slipway import process
from slipway.errors import SlipwayError
from slipway.ssh import Answer, Host, arguments, ask, known_hosts_line, unreachable

ONE = Host("one", "10.0.0.1", "ssh-ed25519 KEY1")
TWO = Host("two", "2001:db8::2", "ssh-ed25519 KEY2", user="ops", port=2222)


def test_the_command_line_pins_the_host_key_and_reads_no_configuration() -> None:
    assert arguments(TWO, "echo 'a b'; id", Path("/run/known")) == [
        "ssh", "-F", "/dev/null",
        "-o", "BatchMode=yes",
        "-o", "ConnectTimeout=10",
        "-o", "GlobalKnownHostsFile=/dev/null",
        "-o", "LogLevel=ERROR",
        "-o", "ServerAliveInterval=5",
        "-o", "StrictHostKeyChecking=yes",
        "-o", "UserKnownHostsFile=/run/known",
        "-p", "2222", "ops@2001:db8::2", "--", "echo 'a b'; id",
    ]  # fmt: skip


def test_known_hosts_names_the_port_only_where_it_is_not_22() -> None:
    assert known_hosts_line(ONE) == "10.0.0.1 ssh-ed25519 KEY1"
    assert known_hosts_line(TWO) == "[2001:db8::2]:2222 ssh-ed25519 KEY2"


class Ssh:
    """Stands in for `process.run`: answers by destination, keeps what it was given."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.stdin: dict[str, str] = {}
        self.limits: list[float] = []
        self.known: set[str] = set()
        self.files: set[Path] = set()

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        destination = command[command.index("--") - 1]
        (file,) = (word for word in command if word.startswith("UserKnownHostsFile="))
        path = Path(file.partition("=")[2])
        self.files.add(path)
        self.known.add(path.read_text())
        self.stdin[destination] = options["stdin"]
        self.limits.append(options["limit"])
        answer = self.answers[destination]
        if isinstance(answer, Exception):
            raise answer
        return subprocess.CompletedProcess(command, *answer)


def use(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> Ssh:
    ssh = Ssh(answers)
    monkeypatch.setattr(process, "run", ssh)
    return ssh


def test_every_host_is_asked_with_its_own_input_and_all_pinned_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ssh = use(
        monkeypatch, {"deploy@10.0.0.1": (0, "up", ""), "ops@2001:db8::2": (1, "", "no such thing")}
    )
    answers = ask([ONE, TWO], "id", stdin={"one": "secret"}, timeout=7)
    said = {name: (each.code, each.stdout, each.stderr) for name, each in answers.items()}
    assert said == {"one": (0, "up", ""), "two": (1, "", "no such thing")}
    assert ssh.stdin == {"deploy@10.0.0.1": "secret", "ops@2001:db8::2": ""}
    assert ssh.limits == [7, 7]
    assert ssh.known == {"10.0.0.1 ssh-ed25519 KEY1\n[2001:db8::2]:2222 ssh-ed25519 KEY2\n"}
    assert not any(file.exists() for file in ssh.files)


def test_a_silent_host_does_not_hide_the_answer_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = process.TimeLimitError("it did not end within 7 s", where="ssh")
    use(monkeypatch, {"deploy@10.0.0.1": silent, "ops@2001:db8::2": (0, "up", "")})
    answers = ask([ONE, TWO], "id", timeout=7)
    assert answers["two"].ok
    assert answers["one"] == Answer(255, "", "no answer within 7 s to id")


def test_a_machine_without_ssh_is_an_error_and_no_silent_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SlipwayError, match=r"^ssh: it is not installed\. Install OpenSSH's client"):
        ask([ONE], "id")


@pytest.mark.parametrize(
    ("printed", "error"),
    [
        ("Host key verification failed.", r"not the pinned one.*pin the new key"),
        ("deploy@10.0.0.1: Permission denied (publickey).", r"rejects the SSH key.*ssh-add"),
        ("connect to host 10.0.0.1 port 22: Connection refused", r"was refused.*Start sshd"),
        ("Could not resolve hostname one", r"does not resolve.*Correct the host"),
        ("banner\nkex_exchange: reset", r"cannot be reached: kex_exchange: reset\. Check"),
        ("", r"cannot be reached\. Check that `ssh -p 22 deploy@10\.0\.0\.1` works"),
    ],
)
def test_an_unreachable_host_is_told_with_place_reason_and_remedy(printed: str, error: str) -> None:
    told = unreachable(ONE, Answer(255, "", printed))
    assert told.where == "servers/one (deploy@10.0.0.1:22)"
    with pytest.raises(type(told), match=error):
        raise told
