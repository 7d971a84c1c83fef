"""The same version change on one server by Slipway and by other tools, under the same load."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench import answer
from bench.peers import application
from bench.peers.ansible_serial import Ansible
from bench.peers.compose import Compose
from bench.peers.kamal import Kamal
from bench.peers.peer import Peer, Shell
from bench.peers.slipway_itself import Slipway
from bench.peers.swarm import Swarm
from bench.report import Report, spread
from bench.traffic import Traffic, handover, silence
from lab import lifecycle
from lab.layout import find
from lab.load import Load
from lab.progress import step
from slipway.errors import SlipwayError
from toolchain.errors import ToolchainError

SERVER: Final = find("production-6")
PEERS: Final[tuple[Callable[[Shell], Peer], ...]] = (Slipway, Kamal, Swarm, Compose, Ansible)
CHANGES: Final = 3
RATE: Final = 250  # requests a second
QUIET: Final = 1.0  # seconds of load before and after a change
COLUMNS: Final = ("", "version change, s", "switch, s", "no answer, s", "failed", "of requests")


@dataclass
class Trial:
    """The changes that one tool made."""

    name: str
    how: str
    seconds: list[float] = field(default_factory=list)
    switches: list[float] = field(default_factory=list)
    silences: list[float] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)
    fault: str = ""  # why it did not make all changes

    def row(self) -> tuple[object, ...]:
        """The cells after the name, for the changes that it made."""
        if not self.switches:
            return ("",) * (len(COLUMNS) - 1)
        return (
            spread(self.seconds),
            spread(self.switches, 2),
            f"{max(self.silences):.2f}",
            len(self.traffic.failures),
            self.traffic.requests,
        )


def measure() -> list[Report]:
    """Each tool on an empty server of its own; one that fails is a fault in the report."""
    versions = [f"v{number}" for number in range(1, CHANGES + 2)]
    with step("The application's versions"):
        for version in versions:
            application.publish(version)
    trials = []
    try:
        for make in PEERS:
            peer = make(Shell(SERVER))
            with step(peer.name):
                lifecycle.renew([SERVER])
                trials.append(_try(peer, versions))
    finally:
        lifecycle.remove([SERVER])
    return [report(trials)]


def report(trials: list[Trial]) -> Report:
    """One line a tool; only failed requests to Slipway are faults."""
    found = Report(f"One server, {CHANGES} version changes under {RATE} requests/s", COLUMNS)
    for trial in trials:
        found.add(trial.name, *trial.row())
        found.notes.append(f"{trial.name}: `{trial.how}`.")
        if trial.fault:
            found.faults.append(f"{trial.name}: {trial.fault}")
        if trial.name == Slipway.name:
            found.faults += trial.traffic.faults()
    found.notes.append(
        "*Version change*: until the tool says that it is done, image pull included; median (least-"
        "most). *Switch*: from the first answer of the new version to the last of the old, or the"
        " other way round where nobody answers between them. *No answer*: the longest time between"
        " two good answers."
    )
    return found


def _try(peer: Peer, versions: list[str]) -> Trial:
    trial = Trial(peer.name, peer.how)
    try:
        with peer.deployed(versions[0]):
            answer.wait(f"http://{SERVER.address}/version")
            for version in versions[1:]:
                _change(peer, version, trial)
    except (SlipwayError, ToolchainError, ValueError) as error:
        trial.fault = str(error)
    return trial


def _change(peer: Peer, version: str, trial: Trial) -> None:
    """Raises ValueError when the old version or the new one never answered."""
    with Load([SERVER.address], rate=RATE) as load:
        time.sleep(QUIET)
        began = time.monotonic()
        peer.change(version)
        trial.seconds.append(time.monotonic() - began)
        time.sleep(QUIET)
    (result,) = load.results()
    trial.traffic.results.append(result)
    trial.switches.append(handover(result.moments, version))
    trial.silences.append(silence(result.moments))
