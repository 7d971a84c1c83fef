"""Servers are pinned by the file of public keys, and by nothing that only looks like a pin."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.known_hosts import parse
from tests.unit.slipway.settings.sample import KEY, OTHER_KEY, faults, settings

RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7"
ECDSA = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKsQ2S0PYg3Xyq0h"
UNPINNED = "servers: {one: {host_key: null}}"


@pytest.mark.parametrize(
    ("known", "pinned"),
    [((RSA, ECDSA, KEY), KEY), ((RSA, KEY), KEY), ((RSA, ECDSA), ECDSA), ((RSA,), RSA)],
)
def test_of_several_keys_ed25519_is_pinned_then_ecdsa_then_rsa(
    known: tuple[str, ...], pinned: str
) -> None:
    lines = "".join(f"one {key}\n" for key in known)
    assert parse(lines, "known_hosts").key_of("one") == pinned


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        (f"10.0.0.1 {KEY}", "10.0.0.1", 22),
        (f"one,10.0.0.1 {KEY} root@one", "10.0.0.1", 22),
        (f"[10.0.0.1]:2222 {KEY}", "10.0.0.1", 2222),
        (f"[10.0.0.1]:22 {KEY}", "10.0.0.1", 22),
        (f"ONE.example.org {KEY}", "one.EXAMPLE.org", 22),
        (f"# comment\n\n\tone   {KEY}", "one", 22),
        (f"one {KEY}\none {KEY}", "one", 22),
    ],
)
def test_a_line_pins_the_key_of_its_host(line: str, host: str, port: int) -> None:
    known = parse(line, "known_hosts")
    assert (known.key_of(host, port), known.faults) == (KEY, ())


@pytest.mark.parametrize(("host", "port"), [("two", 22), ("one", 2222), ("one.example.org", 22)])
def test_another_host_or_port_is_not_pinned(host: str, port: int) -> None:
    assert parse(f"one {KEY}", "known_hosts").key_of(host, port) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"|1|abc=|def= {KEY}", "line 1 of known_hosts is hashed, so it names no server"),
        (f"\n*.example.org {KEY}", "line 2 of known_hosts is a marker or a pattern"),
        (f"@revoked one {KEY}", "line 1 of known_hosts is a marker or a pattern"),
        ("one ssh-ed25519 AAAA", "line 1 of known_hosts has no public key"),
        ("one", "line 1 of known_hosts has no public key"),
        (f"one {KEY}\none {OTHER_KEY}", "known_hosts has two different ssh-ed25519 keys of one"),
    ],
)
def test_a_line_that_pins_nothing_is_a_fault(text: str, fault: str) -> None:
    assert [each.what for each in parse(text, "known_hosts").faults] == [fault]


def test_a_server_without_a_key_gets_the_one_of_the_file(folder: Path) -> None:
    (folder / "known_hosts").write_text(f"10.88.0.11 {OTHER_KEY}\n")
    assert settings(folder, UNPINNED).servers["one"].host_key == OTHER_KEY


def test_a_servers_own_key_is_preferred_to_the_file(folder: Path) -> None:
    (folder / "known_hosts").write_text(f"10.88.0.11 {OTHER_KEY}\n")
    assert settings(folder).servers["one"].host_key == KEY


def test_the_file_may_lie_elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "hosts"
    file.write_text(f"10.88.0.11 {OTHER_KEY}\n")
    loaded = settings(folder, f"known_hosts: {file}\n{UNPINNED}")
    assert loaded.servers["one"].host_key == OTHER_KEY


def test_a_server_without_any_key_is_a_fault_that_says_how_to_get_one(folder: Path) -> None:
    (line,) = faults(folder, "servers: {one: {host_key: null, port: 2222}}")
    assert line == (
        "staging/servers/one: has no `host_key`, and known_hosts has none of [10.88.0.11]:2222. "
        "Run `ssh-keyscan -t ed25519 -p 2222 10.88.0.11`, compare its fingerprint"
        " (`ssh-keygen -lf -`) with the one that the server's console shows (`ssh-keygen -lf"
        " /etc/ssh/ssh_host_ed25519_key.pub`), and add the line to known_hosts."
    )


@pytest.mark.parametrize("change", [f"servers: {{one: {{host_key: {RSA}}}}}", UNPINNED])
def test_an_rsa_key_is_refused_with_the_reason_and_the_key_to_pin(
    folder: Path, change: str
) -> None:
    (folder / "known_hosts").write_text(f"10.88.0.11 {RSA}\n")
    assert faults(folder, change) == [
        (
            "staging/servers/one: is pinned by an RSA key, which pulumi-command cannot check:"
            " it asks the server to sign with `ssh-rsa`, and current sshd does not. Run"
            " `ssh-keyscan -t ed25519 10.88.0.11`, compare its fingerprint"
            " (`ssh-keygen -lf -`) with the one that the server's console shows"
            " (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and"
            " pin that key instead."
        )
    ]


def test_an_rsa_key_beside_another_in_the_file_is_no_fault(folder: Path) -> None:
    (folder / "known_hosts").write_text(f"10.88.0.11 {RSA}\n10.88.0.11 {ECDSA}\n")
    assert settings(folder, UNPINNED).servers["one"].host_key == ECDSA


def test_a_file_that_is_named_but_missing_is_a_fault(folder: Path) -> None:
    (line,) = faults(folder, "known_hosts: keys/production")
    expected = (
        f"staging/known_hosts: cannot read {folder}/keys/production: No such file or directory."
    )
    assert line.startswith(expected)
