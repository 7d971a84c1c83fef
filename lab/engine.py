"""The machine's Docker Engine: started here when none runs, and stopped by whoever started it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Final

from lab import packages, paths, waiting
from lab.command import attempt, run, start
from lab.layout import LABEL, SUBNET
from slipway.errors import SlipwayError

CONFIGURATION = Path("/etc/docker/daemon.json")
START_LIMIT = 60.0  # seconds
STOP_LIMIT = 30.0  # seconds
# What an engine inside a container needs. --privileged would ask for more than every machine has.
NESTED: Final = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined"),
    *("--security-opt", "apparmor=unconfined", "--device-cgroup-rule", "a *:* rwm"),
    # Its containers' cgroups lie below its own, so they end with it.
    *("--cgroupns", "private"),
)
LINE = f'"insecure-registries": ["{SUBNET}"]'


def docker(*arguments: str, limit: float = 60.0, stdin: str | None = None) -> str:
    """Run the docker client and return what it printed. Raises SlipwayError."""
    return run(["docker", *arguments], limit=limit, stdin=stdin)


def running() -> bool:
    """Whether an engine answers."""
    if not packages.locate("docker"):
        return False
    return attempt(["docker", "version"], limit=20).returncode == 0


def ensure() -> None:
    """Install and start the engine if necessary; check that it accepts the lab's registry."""
    packages.require("debootstrap", "ip", "ssh", "ssh-agent", "ssh-keygen", "unshare")
    if not running():
        _install()
        if not running():
            _start()
    registries = json.loads(docker("info", "--format", "{{json .RegistryConfig}}"))
    if SUBNET not in registries["InsecureRegistryCIDRs"]:
        raise SlipwayError(
            "the Docker Engine that runs here does not accept the lab's plain-http registry",
            where=str(CONFIGURATION),
            remedy=f"Add the line {LINE} to it and restart the engine",
        )


def _install() -> None:
    if os.geteuid() != 0:
        raise SlipwayError(
            "no Docker Engine answers",
            where="docker version",
            remedy=f"Start it, with the line {LINE} in {CONFIGURATION}, or run this as root",
        )
    if not packages.locate("dockerd") and not CONFIGURATION.exists():
        # systemd starts the engine as soon as it is installed, so its configuration comes first.
        CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
        CONFIGURATION.write_text(f"{{ {LINE} }}\n")
    packages.require("docker", "dockerd")


def _start() -> None:
    command = [packages.locate("dockerd") or "dockerd"]
    if not _configured("insecure-registries"):  # set in both places, the engine refuses to start
        command += ["--insecure-registry", SUBNET]
    log = paths.state() / "dockerd.log"
    with log.open("wb") as output:
        process = start(command, output=output, own_session=True, folder=Path("/"))
    _pid_file().write_text(str(process.pid))
    waiting.until(lambda: running() or process.poll() is not None, START_LIMIT)
    if not running():
        last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise SlipwayError(f"dockerd did not start:\n{last}", where=str(log))


def stop() -> None:
    """Stop the engine if the lab started it. Raises SlipwayError when it does not end."""
    pid = started_here()
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    if not waiting.until(lambda: not _is_engine(pid), STOP_LIMIT, poll=0.1):
        raise SlipwayError(
            f"dockerd (process {pid}) did not stop within {STOP_LIMIT:g} s", remedy=f"kill -9 {pid}"
        )
    _pid_file().unlink()
    # The engine leaves its default bridge and its namespaces' mount behind.
    attempt(["ip", "link", "delete", "docker0"], limit=20)
    attempt(["umount", "/run/docker/netns/default"], limit=20)


def started_here() -> int | None:
    """The process id of the engine if the lab started it and it still runs."""
    file = _pid_file()
    if not file.exists():
        return None
    pid = int(file.read_text())
    return pid if _is_engine(pid) else None


def foreign_containers() -> list[str]:
    """Names of running containers that are not the lab's."""
    listing = docker("ps", "--format", '{{.Names}} {{.Label "' + LABEL + '"}}')
    return [fields[0] for fields in map(str.split, listing.splitlines()) if len(fields) == 1]


def _pid_file() -> Path:
    return paths.state() / "dockerd.pid"


def _is_engine(pid: int) -> bool:
    """Whether the process is dockerd: its id may have been given to another program."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return "(dockerd)" in state and ") Z " not in state


def _configured(setting: str) -> bool:
    return CONFIGURATION.exists() and setting in json.loads(CONFIGURATION.read_text())
