"""What a container's settings have to agree on, and what containers must not share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings.sample import faults

SERVICES = "staging/application/services"
ACCESSORIES = "staging/application/accessories"
ONE_OWNER = "A domain leads to one service: remove one."
FAULTS = [
    (
        "worker: {health: {kind: http}}",
        "worker/health/kind",
        "`http` needs a port. Set `port`, or use another kind.",
    ),
    (
        "worker: {health: {kind: tcp}}",
        "worker/health/kind",
        "`tcp` needs a port. Set `port`, or use another kind.",
    ),
    (
        "web: {health: {kind: command}}",
        "web/health/command",
        "is required. For example: `command: [pg_isready]`.",
    ),
    (
        "web: {health: {kind: tcp, path: /}}",
        "web/health/path",
        "is only for kind `http` and `oidc`. Remove it, or write `kind: http`.",
    ),
    (
        "web: {health: {kind: redis, expect: {a: 1}}}",
        "web/health/expect",
        "is only for kind `http`. Remove it, or write `kind: http`.",
    ),
    (
        "worker: {health: {kind: postgres}}",
        "worker/health/kind",
        "`postgres` needs a port. Set `port`, or use another kind.",
    ),
    (
        "web: {health: {command: [x]}}",
        "web/health/command",
        "is only for kind `command`. Remove it, or write `kind: command`.",
    ),
    (
        "web: {health: {timeout: 3s, deadline: 2s}}",
        "web/health/timeout",
        "is longer than `deadline`. One attempt must fit into the deadline.",
    ),
    (
        "web: {environment: {DATABASE_URL: x}}",
        "web/environment/DATABASE_URL",
        "is also one of the secrets. Remove it here or from `secrets`.",
    ),
    (
        "web: {environment: {SLIPWAY_RELEASE: x}}",
        "web/environment/SLIPWAY_RELEASE",
        "is reserved. `SLIPWAY_` names are set by Slipway: choose another.",
    ),
    (
        "web: {secrets: [DATABASE_URL, DATABASE_URL]}",
        "web/secrets/1",
        "`DATABASE_URL` is listed twice. Remove one.",
    ),
    (
        "worker: {domains: [shop.org]}",
        "worker/domains",
        "needs a port. Set the service's `port`, or remove the domains.",
    ),
    (
        "worker: {port: 1, domains: [a.org, a.org]}",
        "worker/domains/1",
        "`a.org` already belongs to `worker`. A domain leads to one service: remove one.",
    ),
    (
        "worker: {port: 80}",
        "worker/domains",
        (
            "is required, because `web` has a port and no domain too. Only one service can get "
            "the requests that no domain matches."
        ),
    ),
    (
        "proxy: {image: shop}",
        "proxy",
        "is the name of Slipway's own proxy. Choose another name.",
    ),
]


@pytest.mark.parametrize(("change", "path", "text"), FAULTS)
def test_a_contradiction_is_a_fault(folder: Path, change: str, path: str, text: str) -> None:
    found = faults(folder, f"application: {{services: {{{change}}}}}")
    assert found == [f"{SERVICES}/{path}: {text}"]


def test_a_secret_cannot_have_a_reserved_name(folder: Path) -> None:
    change = """
        application: {services: {web: {secrets: [SLIPWAY_RELEASE]}}}
        secrets: {SLIPWAY_RELEASE: x}
    """
    (line,) = faults(folder, change)
    assert line.startswith(f"{SERVICES}/web/secrets/0: is reserved. `SLIPWAY_` names are set by")


@pytest.mark.parametrize(
    "change",
    [
        "web: {health: {timeout: 2s, deadline: 2s}}",
        "web: {health: {kind: http, path: /ready, status: 204}}",
        "web: {health: {kind: command, command: [x]}}",
        "worker: {port: 80, domains: [b.org]}",
        "worker: {secrets: [DATABASE_URL], environment: {A: b}}",
    ],
)
def test_what_agrees_is_accepted(folder: Path, change: str) -> None:
    assert faults(folder, f"application: {{services: {{{change}}}}}") == []


def test_two_services_cannot_have_one_domain(folder: Path) -> None:
    change = "{web: {domains: [a.org]}, worker: {port: 80, domains: [b.org, a.org]}}"
    assert faults(folder, f"application: {{services: {change}}}") == [
        f"{SERVICES}/worker/domains/1: `a.org` already belongs to `web`. {ONE_OWNER}"
    ]


def test_an_accessory_cannot_have_the_name_of_a_service(folder: Path) -> None:
    assert faults(folder, 'application: {accessories: {web: {image: "redis:7"}}}') == [
        f"{ACCESSORIES}/web: is also the name of a service. Give one of them another name."
    ]


@pytest.mark.parametrize("name", ["host", "bridge", "none", "default"])
def test_an_application_cannot_have_the_name_of_dockers_own_network(
    name: str, folder: Path
) -> None:
    (line,) = faults(folder, f"application: {{name: {name}}}")
    assert line == (
        "staging/application/name: is the name of a network of Docker's own. Choose another name."
    )
