"""HAProxy's Runtime API: a text protocol on a Unix socket, one answer on each connection."""

from __future__ import annotations

import csv
import socket
from collections.abc import Mapping
from pathlib import Path

from slipway.agent.deadline import Deadline, connect_unix
from slipway.agent.haproxy.config import Slot
from slipway.agent.haproxy.frontend import RING
from slipway.errors import SlipwayError

TIMEOUT = 5.0  # seconds for one answer
STATISTICS = "show stat -1 4 -1"  # of servers, in all backends
FORCED_MAINTENANCE = 0x01  # bit of srv_admin_state


class RuntimeSocket:
    """The socket of one proxy. Raises SlipwayError when it does not answer or rejects a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, command: str) -> str:
        try:
            with connect_unix(str(self.path), Deadline(TIMEOUT)) as connection:
                connection.sendall(command.encode() + b"\n")
                # A master process keeps the connection open for more commands until this.
                connection.shutdown(socket.SHUT_WR)
                parts: list[bytes] = []
                while True:
                    part = connection.recv(65536)
                    if not part:
                        return b"".join(parts).decode(errors="replace")
                    parts.append(part)
        except OSError as error:
            raise SlipwayError(
                f"the proxy does not answer: {error}",
                where=str(self.path),
                remedy="See its container's log",
            ) from error

    def execute(self, commands: list[str]) -> None:
        """Send all commands at once, so that they take effect together."""
        answer = self.ask(";".join(commands)) if commands else ""
        faults = [line for line in answer.splitlines() if line and not _harmless(line)]
        if faults:
            raise SlipwayError(f"the proxy rejected a command: {faults[0]}", where=str(self.path))

    def shape(self) -> str:
        """The hash of the configuration that the running worker has read."""
        return self._info().get("description", "")

    def worker(self) -> str:
        """The identity of the running worker, also between containers."""
        info = self._info()
        return f"{info.get('Pid')} since {info.get('Start_time_sec')}"

    def _info(self) -> dict[str, str]:
        return dict(
            line.split(": ", 1) for line in self.ask("show info").splitlines() if ": " in line
        )

    def slots(self) -> tuple[dict[str, Slot], dict[str, bool]]:
        """Slots by name as the running worker has them, and whether each is enabled."""
        lines = self.ask("show servers state").splitlines()
        names = lines[1].lstrip("# ").split()
        found: dict[str, Slot] = {}
        enabled: dict[str, bool] = {}
        for line in lines[2:]:
            row = dict(zip(names, line.split()))
            if len(row) < len(names) - 1:
                continue
            name = f"{row['be_name']}/{row['srv_name']}"
            colour, number = row["srv_name"][:1], row["srv_name"][1:]
            found[name] = Slot(
                row["be_name"],
                colour,
                int(number or 0),
                row["srv_addr"],
                int(row["srv_port"]),
                int(row["srv_uweight"]),
            )
            enabled[name] = not int(row["srv_admin_state"]) & FORCED_MAINTENANCE
        return found, enabled

    def statistics(self) -> list[Mapping[str, str]]:
        """Counters of every server of every backend."""
        return _rows(self.ask(STATISTICS))

    def exchanges(self) -> list[str]:
        """The last few thousand requests, one on a line, oldest first."""
        return self.ask(f"show events {RING}").splitlines()

    def down(self) -> set[str]:
        """The names of the servers that are down by the proxy's checks."""
        return {
            f"{row['pxname']}/{row['svname']}"
            for row in self.statistics()
            if row["status"].startswith("DOWN")
        }

    def sessions(self, slots: list[str]) -> int:
        """Current requests on these slots, including WebSockets, and those that may still come.

        A worker from before a reload keeps its connections and routes new requests on them as
        before, so it counts while one of the slots has a weight in it.
        """
        own, old = (
            [row for row in rows if f"{row['pxname']}/{row['svname']}" in slots]
            for rows in (self.statistics(), self._old_workers())
        )
        coming = sum(int(row["scur"] or 0) or int(row["weight"] or 0) > 0 for row in old)
        return coming + sum(int(row["scur"] or 0) for row in own)

    def _old_workers(self) -> list[Mapping[str, str]]:
        """Counters of the workers from before a reload; empty if the master does not answer."""
        master = RuntimeSocket(self.path.with_name("master.sock"))
        try:
            lines = master.ask("show proc").partition("# old workers")[2].splitlines()
            pids = [line.split()[0] for line in lines if line[:1].isdigit()]
            answers = [master.ask(f"@!{pid} {STATISTICS}") for pid in pids]
        except SlipwayError:
            return []
        return [row for answer in answers for row in _rows(answer)]


def _rows(text: str) -> list[Mapping[str, str]]:
    """The rows of a table; empty for the answer of a worker that has ended meanwhile."""
    table = text.lstrip("# ")
    return list(csv.DictReader(table.splitlines())) if table.startswith("pxname,") else []


def _harmless(line: str) -> bool:
    """HAProxy confirms changes of addresses with a text."""
    return "no need to change" in line or "changed from" in line or "nothing changed" in line
