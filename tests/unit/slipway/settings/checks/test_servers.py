"""Servers have to be told apart, reach each other, and have room for their containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.release import Release, Service
from slipway.rollout.state import Proxy, State, install
from tests.unit.slipway.settings.sample import KEY, faults

TWO = f"two: {{host: two, host_key: {KEY}}}"
NEAR = "one: {private_address: 10.0.0.1}"
FAULTS = [
    (
        f"servers: {{two: {{host: 10.88.0.11, host_key: {KEY}}}, {NEAR}}}",
        "servers/two/host",
        "10.88.0.11 port 22 is already server `one`. Remove one of them.",
    ),
    (
        f"servers: {{{TWO}}}",
        "servers/one/private_address",
        (
            "is required, because the other servers must reach accessory `postgres`. Give its "
            "address in the servers' private network, not a public one."
        ),
    ),
    (
        f"servers: {{{TWO}, {NEAR}}}\nproxy: {{http_port: 5432}}",
        "application/accessories/postgres/port",
        (
            "5432 is already the proxy's port on `one`. Choose another port, or another "
            "`proxy/http_port`."
        ),
    ),
    (
        (
            f"servers: {{{TWO}, {NEAR}}}\nsecrets: {{PEM: x}}\n"
            "proxy: {https_port: 5432, certificate: PEM}"
        ),
        "application/accessories/postgres/port",
        (
            "5432 is already the proxy's port on `one`. Choose another port, or another "
            "`proxy/https_port`."
        ),
    ),
    (
        (
            f"servers: {{{TWO}, {NEAR}}}\n"
            'application: {accessories: {replica: {image: "postgres:15", port: 5432}}}'
        ),
        "application/accessories/replica/port",
        "5432 is already the port of `postgres` on `one`. Choose another port or server.",
    ),
    (
        "proxy: {network: 203.0.113.0/24}",
        "proxy/network",
        (
            "203.0.113.0/24 is not private. Take one within 10.0.0.0/8, 172.16.0.0/12 or "
            "192.168.0.0/16."
        ),
    ),
    (
        "proxy: {network: 10.88.0.0/24}",
        "servers/one/host",
        (
            "10.88.0.11 is in the containers' network 10.88.0.0/24. Choose a `proxy/network` that"
            " the servers do not use."
        ),
    ),
    (
        "proxy: {network: 10.1.0.0/29}",
        "proxy/network",
        (
            "10.1.0.0/29 has 0 addresses for services and 3 for accessories, but 6 and 2 are"
            " needed: 3 releases can be there at once. Use a network of length /27 or shorter."
        ),
    ),
]


@pytest.mark.parametrize(("change", "path", "text"), FAULTS)
def test_servers_that_cannot_work_together_are_a_fault(
    folder: Path, change: str, path: str, text: str
) -> None:
    assert faults(folder, change) == [f"staging/{path}: {text}"]


@pytest.mark.parametrize(
    "change",
    [
        f"servers: {{{TWO}, {NEAR}}}",
        f"servers: {{{TWO}}}\napplication: {{accessories: null}}",
        "application: {accessories: {postgres: {port: 80}}}",
        "proxy: {network: 10.1.0.0/27}",
        f"servers: {{two: {{host: 10.88.0.11, port: 2222, host_key: {KEY}}}, {NEAR}}}",
    ],
)
def test_servers_that_work_together_are_accepted(folder: Path, change: str) -> None:
    assert faults(folder, change) == []


@pytest.mark.parametrize(("replicas", "fits"), [(39, True), (40, False)])
def test_a_network_that_is_accepted_has_room_for_three_releases(
    replicas: int, fits: bool, folder: Path
) -> None:
    """As the agent finds addresses for them, one after the other."""
    change = f"application: {{services: {{web: {{replicas: {replicas}}}, worker: null}}}}"
    assert (faults(folder, change) == []) == fits
    services = (Service("web", "shop@sha256:1", port=80, replicas=replicas),)
    state = State()
    try:
        for version in ("v1", "v2", "v3"):
            release = Release("shop", version, services)
            found = install(state, release, Proxy(), context=RolloutContext())
            state = State(previous=state.serving, serving=state.candidate, candidate=found)
    except SlipwayError:
        assert not fits
    else:
        assert fits
