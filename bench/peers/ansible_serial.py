"""An Ansible playbook with `serial: 1`: two instances behind HAProxy, replaced one by one."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.peers import haproxy
from bench.peers.application import image
from bench.peers.peer import LIMIT, Shell
from lab import keys
from lab.command import run
from lab.layout import USER
from toolchain import peers

PLAYBOOK: Final = Path(__file__).parent / "ansible" / "playbook.yaml"
INSTANCES: Final = {"web-1": 8001, "web-2": 8002}
ADMIN_PORT: Final = 9999
CONTROL: Final = f"""\
global
    stats socket ipv4@127.0.0.1:{ADMIN_PORT} level admin
"""


@dataclass
class Ansible:
    """`ansible-playbook`; ansible-core has no modules for Docker, so it runs the commands."""

    shell: Shell
    name: str = "Ansible (core 2.19)"
    how: str = "ansible-playbook, serial: 1, two instances behind HAProxy"
    _folder: Path = field(default=Path(), init=False)

    @contextmanager
    def deployed(self, version: str) -> Iterator[None]:
        """Start both instances, then the load balancer."""
        with tempfile.TemporaryDirectory(prefix="slipway-ansible-") as folder:
            self._folder = Path(folder)
            (self._folder / "inventory.json").write_text(json.dumps(self._inventory()))
            self._play(version, "first=true")
            servers = [f"    server {name} 127.0.0.1:{port}\n" for name, port in INSTANCES.items()]
            proxy = haproxy.configuration("".join(servers), before=CONTROL)
            self.shell("cat > haproxy.cfg", stdin=proxy)
            self.shell(
                "docker run -d --name proxy --network host --user 0 --restart unless-stopped"
                " --volume $PWD/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"
                f" {haproxy.IMAGE}"
            )
            yield

    def change(self, version: str) -> None:
        """One run of the playbook."""
        self._play(version)

    def _play(self, version: str, *variables: str) -> None:
        extra = [f"image={image(version)}", *variables]
        run(
            [
                str(peers.ansible() / "ansible-playbook"),
                *("--inventory", str(self._folder / "inventory.json")),
                *(word for each in extra for word in ("--extra-vars", each)),
                str(PLAYBOOK),
            ],
            limit=LIMIT,
            variables={
                "ANSIBLE_HOME": str(self._folder),
                "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self._folder / "cp"),
                "ANSIBLE_PIPELINING": "true",  # recommended: fewer SSH operations
                "PYTHONPATH": "",
            },
        )

    def _inventory(self) -> dict[str, object]:
        """The two instances as hosts that share one address."""
        options = {
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": str(keys.known_hosts()),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
        }
        flags = shlex.join(["-F", "none", *(f"-o{key}={value}" for key, value in options.items())])
        shared = {
            "ansible_host": self.shell.server.address,
            "ansible_user": USER,
            "ansible_ssh_private_key_file": str(keys.deploy_key()),
            "ansible_ssh_common_args": flags,
            "ansible_python_interpreter": "/usr/bin/python3",
            "admin_port": ADMIN_PORT,
        }
        hosts = {name: {"port": port} for name, port in INSTANCES.items()}
        return {"web": {"hosts": hosts, "vars": shared}}
