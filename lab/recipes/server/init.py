"""Process 1 of a lab server: keeps its services running, reaps orphans, stops on SIGTERM.

A start of the container is a boot: /run is a tmpfs, so that it begins empty.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

KEYS = Path("/lab")  # mounted read-only: host_key, host_key.pub, authorized_keys
CGROUPS = Path("/sys/fs/cgroup")
SERVICES = {
    # At a boot, which it knows by the absence of /run/crond.reboot, cron runs the @reboot lines.
    "cron": ["/usr/sbin/cron", "-f"],
    "dockerd": ["/usr/sbin/dockerd"],
    "sshd": ["/usr/sbin/sshd", "-D", "-e"],
}
RESTART_DELAY = 1.0  # seconds, so that a service that cannot start does not spin
STOP_LIMIT = 5.0  # seconds until what ignores SIGTERM is killed


def install_keys() -> None:
    """Copy the keys with the owner and the modes that sshd requires."""
    authorized = Path("/etc/ssh/authorized_keys")
    authorized.mkdir(exist_ok=True)
    for source, target, mode in (
        ("host_key", Path("/etc/ssh/ssh_host_ed25519_key"), 0o600),
        ("authorized_keys", authorized / "deploy", 0o644),
    ):
        target.touch(mode=0o600)
        target.write_bytes((KEYS / source).read_bytes())
        target.chmod(mode)


def open_cgroups() -> None:
    """Let the engine create cgroups below this container's."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in mounts:
        if Path(mount) == CGROUPS or CGROUPS in Path(mount).parents:
            subprocess.run(["mount", "-o", "remount,bind,rw", mount], check=True)
    controllers = CGROUPS / "cgroup.controllers"
    if controllers.exists():  # version 2: only a group without processes can enable controllers
        own = CGROUPS / "init"
        own.mkdir(exist_ok=True)
        for process in (CGROUPS / "cgroup.procs").read_text().split():
            (own / "cgroup.procs").write_text(process)
        enable = " ".join(f"+{name}" for name in controllers.read_text().split())
        (CGROUPS / "cgroup.subtree_control").write_text(enable)


def prepare() -> None:
    """Do what the services need before they start."""
    Path("/run/sshd").mkdir(mode=0o755)
    install_keys()
    open_cgroups()


def start(name: str) -> int:
    """Start a service in a session of its own and return its process id."""
    return subprocess.Popen(SERVICES[name], start_new_session=True).pid


def supervise() -> None:
    """Restart every service that ends."""
    running = {start(name): name for name in SERVICES}
    while True:
        pid, status = os.wait()
        name = running.pop(pid, None)
        if name:
            code = os.waitstatus_to_exitcode(status)
            print(f"init: {name} ended with {code}; starting it again", flush=True)
            time.sleep(RESTART_DELAY)
            running[start(name)] = name


def stop(_signal: int, _frame: FrameType | None) -> None:
    """End every process of the server; the kernel kills the rest when process 1 ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(-1, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
        except ChildProcessError:
            break
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    prepare()
    supervise()
