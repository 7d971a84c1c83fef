"""Secrets reach containers, and nothing that is kept, shown or listed."""

from __future__ import annotations

import threading
from pathlib import Path

from lab import servers
from tests.lab.trial import SERVERS, Trial, journal

PRODUCTION = SERVERS["production"]


def test_no_secret_shows_up_anywhere_on_its_way(settled: Trial) -> None:
    (secret,) = settled.secrets("production")
    seen: dict[str, str] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            for server in PRODUCTION:
                listing = servers.run(server, "ps -eo args").stdout
                seen[f"processes of {server.name}"] = (
                    seen.get(f"processes of {server.name}", "") + listing
                )
            seen["processes here"] = seen.get("processes here", "") + processes()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _, following = settled.now_and_next()
        settled.workspace.configure("production", version=following)
        seen["preview"] = settled.planned("production")
        done = settled.up("production")
    finally:
        over.set()
        watcher.join()
    assert done.returncode == 0
    seen["update"] = done.stdout + done.stderr
    stack = ("--stack", "production")
    seen["state"] = settled.workspace.pulumi("stack", "export", *stack)
    seen["history"] = settled.workspace.pulumi("stack", "history", *stack, "--json")
    for server in PRODUCTION:
        seen[f"journal of {server.name}"] = journal(server)
        state = "cat /home/deploy/.slipway/*/state.json /home/deploy/.slipway/installed"
        seen[f"state of {server.name}"] = servers.run(server, state).stdout
    assert all(seen.values()), "there was nothing to look at"
    assert "agent.pyz" in seen[f"processes of {PRODUCTION[0].name}"], "no step was seen running"
    assert [place for place, text in seen.items() if secret in text] == []


def processes() -> str:
    """The command lines of all processes on this machine."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended
    return "\n".join(lines)
