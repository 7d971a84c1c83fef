"""Docker Swarm on one node, start-first, behind HAProxy.

The kernel of a machine without IPVS has no routing mesh, so this is Docker's other recommendation:
`--endpoint-mode dnsrr` behind a separate load balancer, which finds the tasks by DNS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bench.peers import haproxy
from bench.peers.application import NAME, image
from bench.peers.peer import Shell
from lab import servers

# The engine of a lab server has live-restore on, which a swarm does not support.
NO_LIVE_RESTORE: Final = """\
sed -i 's/"live-restore": true/"live-restore": false/' /etc/docker/daemon.json
kill -HUP "$(pidof dockerd)"
timeout 10 sh -c 'until docker info | grep -q "Live Restore Enabled: false"; do sleep 0.1; done'
"""
# Docker's resolver; every name is resolved again each second.
RESOLVER: Final = """\
resolvers docker
    nameserver dns 127.0.0.11:53
    timeout resolve 1s
    hold valid 1s
    hold other 1s
    hold nx 1s
    hold obsolete 1s
"""
TASKS: Final = """\
    server-template web- 4 tasks.hello:8000 resolvers docker init-addr libc,none
"""


@dataclass
class Swarm:
    """`docker service update`, which ends when the new task has run for its monitor's time."""

    shell: Shell
    name: str = "Docker Swarm"
    how: str = "docker service update --update-order start-first"

    @contextmanager
    def deployed(self, version: str) -> Iterator[None]:
        """A swarm of one, the service on an overlay network, and HAProxy as a service before it."""
        address = self.shell.server.address
        servers.run(self.shell.server, NO_LIVE_RESTORE)
        self.shell(f"docker swarm init --advertise-addr {address}")
        self.shell("docker network create --driver overlay web")
        self.shell(
            f"docker service create --quiet --name {NAME} --network web --endpoint-mode dnsrr"
            " --update-order start-first --update-failure-action rollback"
            f" --rollback-order start-first --stop-grace-period 30s {image(version)}"
        )
        proxy = haproxy.configuration(TASKS, before=RESOLVER)
        self.shell("docker config create haproxy.cfg -", stdin=proxy)
        self.shell(
            "docker service create --quiet --name proxy --network web --user 0"
            " --publish mode=host,target=80,published=80"
            " --config source=haproxy.cfg,target=/usr/local/etc/haproxy/haproxy.cfg"
            f" {haproxy.IMAGE}"
        )
        yield

    def change(self, version: str) -> None:
        """One command; the engine pulls."""
        self.shell(f"docker service update --quiet --image {image(version)} {NAME}")
