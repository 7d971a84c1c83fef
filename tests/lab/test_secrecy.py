"""Secrets reach containers, and nothing that is kept, shown or listed."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from lab import servers
from lab.layout import Server
from tests.lab.trial import SERVERS, Trial, journal

PRODUCTION = SERVERS["production"]

Watch = Callable[[Path], AbstractContextManager[None]]


def test_no_secret_shows_up_anywhere_on_its_way(settled: Trial, tmp_path: Path) -> None:
    (secret,) = settled.secrets("production")
    seen: dict[str, str] = {}
    places = {f"processes of {server.name}": listing(server) for server in PRODUCTION}
    with ExitStack() as watched:
        for place, watch in {**places, "processes here": processes}.items():
            watched.enter_context(watch(tmp_path / place))
        _, following = settled.now_and_next()
        settled.workspace.configure("production", version=following)
        seen["preview"] = settled.planned("production")
        done = settled.up("production")
    assert done.returncode == 0
    seen["update"] = done.stdout + done.stderr
    seen |= {file.name: file.read_text() for file in tmp_path.iterdir()}
    stack = ("--stack", "production")
    seen["state"] = settled.workspace.pulumi("stack", "export", *stack)
    seen["history"] = settled.workspace.pulumi("stack", "history", *stack, "--json")
    for server in PRODUCTION:
        seen[f"journal of {server.name}"] = journal(server)
        state = "cd /home/deploy/.slipway && cat */*/state.json */*/installed"
        seen[f"state of {server.name}"] = servers.run(server, state).stdout
    assert all(seen.values()), "there was nothing to look at"
    assert ".slipway/shop/production/agent" in seen[f"processes of {PRODUCTION[0].name}"], (
        "no step was seen running"
    )
    assert [place for place, text in seen.items() if secret in text] == []


def listing(server: Server) -> Watch:
    """Writes the command lines of all processes of a server, again and again for two minutes."""

    @contextmanager
    def watch(file: Path) -> Iterator[None]:
        often = "for i in $(seq 1200); do ps -eo args; [ -e /run/enough ] && break; sleep 0.1; done"
        command = ["docker", "exec", server.container, "sh", "-c", often]
        with file.open("w") as output:
            lister = subprocess.Popen(command, stdout=output)
        try:
            yield
        finally:
            servers.run(server, "touch /run/enough")
            lister.wait(30)

    return watch


@contextmanager
def processes(file: Path) -> Iterator[None]:
    """Writes the command lines of all processes on this machine, again and again."""
    over = threading.Event()

    def watch() -> None:
        with file.open("w") as output:
            while not over.wait(0.1):
                output.write(command_lines())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def command_lines() -> str:
    """Of all processes on this machine."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended
    return "\n".join(lines)
