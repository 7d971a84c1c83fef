"""The lab's servers: what a deployer may rely on when it deploys there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from lab import keys, layout, lifecycle, registry, servers, ssh_agent, waiting
from lab.layout import REGISTRY, Server

PYTHON = f"{REGISTRY}/base/python:3.11"
POSTGRES = f"{REGISTRY}/postgres:15"
SERVERS = layout.servers(staging=1, production=1)


@pytest.fixture(scope="module", autouse=True)
def _lab() -> Iterator[None]:
    lifecycle.up(SERVERS)
    yield
    lifecycle.remove(SERVERS)


@pytest.fixture
def server() -> Server:
    """A server that a test leaves as it found it."""
    return SERVERS[0]


@pytest.fixture(scope="module")
def fresh() -> Server:
    """One that tests may change: each has containers of its own."""
    server = SERVERS[0]
    servers.reset(server)
    return server


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_every_server_lets_deploy_in_and_nobody_else(server: Server) -> None:
    assert servers.ssh(server, "id --user --name").stdout == "deploy\n"
    for user in ("root", "daemon"):
        refused = servers.ssh(server, "true", user=user)
        assert refused.returncode == 255
        assert "Permission denied (publickey)" in refused.stderr


def test_deploy_has_the_engine_and_nothing_else_of_roots(server: Server) -> None:
    assert servers.ssh(server, "docker info --format '{{.LiveRestoreEnabled}}'").stdout == "true\n"
    assert servers.ssh(server, "cat /etc/shadow").returncode != 0
    assert servers.ssh(server, "command -v sudo su-exec doas").returncode != 0


def test_a_server_with_another_host_key_is_not_trusted(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = keys.host_key(SERVERS[1])
    pinned = tmp_path / "known_hosts"
    pinned.write_text(keys.known_hosts_text({server: other}))
    monkeypatch.setattr(keys, "known_hosts", lambda: pinned)
    refused = servers.ssh(server, "true")
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr


def test_the_agent_alone_is_enough_to_log_in(server: Server) -> None:
    options = ["-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={keys.known_hosts()}"]
    command = ["ssh", "-F", "none", *options, f"deploy@{server.address}", "true"]
    subprocess.run(command, env=ssh_agent.environment(), check=True, timeout=20)


def test_a_server_takes_twenty_connections_at_once(server: Server) -> None:
    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(lambda _: servers.ssh(server, "true").returncode, range(20)))
    assert answers == [0] * 20


def test_a_fresh_server_has_no_image_and_pulls_from_the_registry(fresh: Server) -> None:
    assert servers.ssh(fresh, "docker images --quiet").stdout == ""
    pulled = servers.ssh(fresh, f"docker pull --quiet {POSTGRES}")
    assert pulled.returncode == 0, pulled.stderr
    assert servers.ssh(fresh, f"docker images --quiet {POSTGRES}").stdout != ""


def test_deploy_runs_what_it_pulls_from_the_registry_and_serves_it(fresh: Server) -> None:
    web = servers.ssh(
        fresh, f"docker run -d --memory 64m -p 8000:8000 {PYTHON} python -m http.server"
    )
    assert web.returncode == 0, web.stderr
    fetched = f"curl --fail --silent --retry 20 --retry-connrefused http://{fresh.address}:8000"
    subprocess.run(fetched.split(), check=True, timeout=30, stdout=subprocess.DEVNULL)


def test_an_application_reaches_its_database(fresh: Server) -> None:
    started = servers.ssh(
        fresh,
        "docker network create app && docker run -d --network app --name db"
        f" -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=pw -e POSTGRES_DB=orders {POSTGRES}"
        " && timeout 30 sh -c"
        " 'until docker exec db pg_isready -q -h 127.0.0.1; do sleep 0.2; done'",
    )
    assert started.returncode == 0, started.stderr
    program = (
        "import psycopg2, redis\n"
        "to = 'host=db user=shop password=pw dbname=orders'\n"
        "psycopg2.connect(to).cursor().execute('select 1')\n"
    )
    run = f"docker run -i --rm --network app {PYTHON} python -"
    connected = servers.ssh(fresh, run, stdin=program)
    assert connected.returncode == 0, connected.stderr
    refused = servers.ssh(fresh, run, stdin=program.replace("password=pw", "password=no"))
    assert "password authentication failed" in refused.stderr


def test_containers_go_on_serving_while_the_engine_is_killed_and_comes_back(
    fresh: Server,
) -> None:
    servers.ssh(fresh, f"docker run -d --name web {PYTHON} sleep 600")
    servers.run(fresh, "kill -9 $(pidof dockerd)")
    servers.wait_ready(fresh)
    uptime = servers.ssh(fresh, "docker inspect -f '{{.State.Running}} {{.RestartCount}}' web")
    assert uptime.stdout == "true 0\n"


def test_a_cut_network_loses_everything_and_mends(server: Server) -> None:
    servers.cut_network(server)
    assert "timed out" in servers.ssh(server, "true").stderr
    assert servers.run(server, "id --user").stdout == "0\n"
    servers.restore_network(server)
    assert servers.ssh(server, "true").returncode == 0


def test_a_server_comes_back_from_a_power_cut_with_its_disk(fresh: Server) -> None:
    servers.ssh(fresh, f"docker create --name kept {PYTHON} true && touch mark")
    servers.power_off(fresh)
    assert not servers.ready(fresh)
    servers.power_on(fresh)
    assert servers.ssh(fresh, "ls mark && docker inspect -f '{{.Name}}' kept").returncode == 0


def test_a_reboot_line_of_deploys_crontab_runs_at_each_start_of_the_server(fresh: Server) -> None:
    table = servers.ssh(fresh, "crontab -", stdin="@reboot echo up >> boots\n")
    assert table.returncode == 0, table.stderr
    for boots in ("up\n", "up\nup\n"):
        servers.power_off(fresh)
        servers.power_on(fresh)
        assert waiting.until(partial(has_content, fresh, "boots", boots), limit=20)


def has_content(server: Server, file: str, content: str) -> bool:
    """Whether a file in deploy's home has this content."""
    return servers.ssh(server, f"cat {file}").stdout == content


def test_a_reset_server_is_empty_and_proves_itself_by_the_same_key(server: Server) -> None:
    servers.ssh(server, f"docker create {PYTHON} true && touch mark")
    servers.reset(server)
    assert servers.ssh(server, "ls; docker ps -aq; docker images -q").stdout == ""


def test_the_registry_has_the_base_images() -> None:
    assert {"base/python", "postgres", "redis", "haproxy"} <= set(registry.repositories())
