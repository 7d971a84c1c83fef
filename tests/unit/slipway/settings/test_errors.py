"""A fault says where it is, what is wrong and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings.sample import faults

FAULTS = [
    (
        "version: null",
        "version",
        "is required. For example: `version: v1.0.0`.",
    ),
    (
        "version: a b",
        "version",
        (
            "must be an image tag (letters, digits, `_`, inner `.` and `-`, at most 128), not 'a "
            "b'. For example: `version: v1.0.0`."
        ),
    ),
    (
        "version: {a: b}",
        "version",
        "must be text, not a map. For example: `version: v1.0.0`.",
    ),
    (
        "build: " + "yes" * 30,
        "build",
        f"must be true or false, not '{'yes' * 19}ye…. For example: `build: false`.",
    ),
    (
        "servesr: {}",
        "servesr",
        "unknown key. Did you mean `servers`?",
    ),
    (
        "registry: {addres: x}",
        "registry/addres",
        "unknown key. Did you mean `address`?",
    ),
    (
        "preflight: {zzz: 1}",
        "preflight/zzz",
        "unknown key. Known: `disk_free`, `clock_skew`.",
    ),
    (
        "registry: []",
        "registry",
        "must be a map, not a list. For example: `registry: {address: ghcr.io/acme}`.",
    ),
    (
        "application: shop",
        "application",
        (
            "must be a map, not 'shop'. For example: `application: {name: shop, images: {shop: "
            "{}}, services: {web: {image: shop}}}`."
        ),
    ),
    (
        "overrides: []",
        "overrides",
        ("must be a map, not a list. For example: `overrides: {services: {web: {replicas: 1}}}`."),
    ),
    (
        "servers: null",
        "servers",
        "is required. For example: `servers: {production-1: {host: 203.0.113.21}}`.",
    ),
    (
        "build: maybe",
        "build",
        "must be true or false, not 'maybe'. For example: `build: false`.",
    ),
    (
        "rollout: {strategy: roling}",
        "rollout/strategy",
        "must be one of `rolling`, `blue-green`, `canary`, not 'roling'. Did you mean `rolling`?",
    ),
    (
        "rollout: {batch: 0}",
        "rollout/batch",
        (
            'must be a number of servers from 1, or a percentage from "1%" to "100%", not 0. For '
            "example: `batch: 50%`."
        ),
    ),
    (
        "rollout: {bake: 25h}",
        "rollout/bake",
        "must be at most 24h, not '25h'. For example: `bake: 30s`.",
    ),
    (
        "preflight: {clock_skew: 0}",
        "preflight/clock_skew",
        "must be at least 1s, not 0s. For example: `clock_skew: 5s`.",
    ),
    (
        "application: {services: {web: {replicas: 0}}}",
        "application/services/web/replicas",
        "must be at least 1, not 0. For example: `replicas: 2`.",
    ),
    (
        "application: {services: {web: {port: 65536}}}",
        "application/services/web/port",
        "must be at most 65535, not 65536. For example: `port: 8000`.",
    ),
    (
        'application: {services: {web: {port: "80"}}}',
        "application/services/web/port",
        "must be a whole number, not '80'. For example: `port: 8000`.",
    ),
    (
        "application: {services: {web: {replicas: true}}}",
        "application/services/web/replicas",
        "must be a whole number, not true. For example: `replicas: 2`.",
    ),
    (
        "application: {services: {web: {command: web}}}",
        "application/services/web/command",
        "must be a list, not 'web'. For example: `command: [web]`.",
    ),
    (
        "application: {services: {web: {environment: {A: 1}}}}",
        "application/services/web/environment/A",
        "must be text, not 1. Put it in quotes.",
    ),
    (
        "application: {services: {web: {limits: {memory: 5M}}}}",
        "application/services/web/limits/memory",
        "must be at least 6M, not '5M'. For example: `memory: 256M`.",
    ),
    (
        "application: {services: {web: {health: {kind: htp}}}}",
        "application/services/web/health/kind",
        (
            "must be one of `http`, `tcp`, `postgres`, `redis`, `oidc`, `command`, `container`, "
            "not 'htp'. Did you mean `http`?"
        ),
    ),
    (
        "application: {services: {web: {domains: [A]}}}",
        "application/services/web/domains/0",
        (
            "must be a domain (lower case, without a port), not 'A'. For example: `domains: "
            "[shop.example.org]`."
        ),
    ),
    (
        "application: {services: {Web_2: {image: shop}}}",
        "application/services/Web_2",
        (
            "must be a DNS label (a-z, 0-9 and inner hyphens, at most 63), not 'Web_2'. For "
            "example: `services: {web: {image: shop, port: 8000}}`."
        ),
    ),
    (
        "application: {migration: {command: []}}",
        "application/migration/command",
        "must not be empty. For example: `command: [migrate]`.",
    ),
    (
        "overrides: {services: {web: {replicas: 0}}}",
        "overrides/services/web/replicas",
        "must be at least 1, not 0. For example: `replicas: 2`.",
    ),
    (
        "overrides: {services: {wbe: {replicas: 1}}}",
        "overrides/services/wbe/image",
        "is required. For example: `image: shop`.",
    ),
    (
        "proxy: {network: 172.31.240.5/24}",
        "proxy/network",
        (
            "must be an IPv4 network, written as its own address and its length, "
            "not '172.31.240.5/24'. For example: `network: 172.31.240.0/24`."
        ),
    ),
    (
        "secrets: {lower: x}",
        "secrets/lower",
        (
            "must be a secret's name (A-Z, 0-9 and `_`, not first a digit). For example: "
            "`secrets: {DATABASE_URL: 'postgres://...'}`."
        ),
    ),
    (
        'secrets: {EMPTY: ""}',
        "secrets/EMPTY",
        "must not be empty. For example: `secrets: {DATABASE_URL: 'postgres://...'}`.",
    ),
]


@pytest.mark.parametrize(("change", "path", "text"), FAULTS)
def test_a_fault_is_one_line_with_path_rule_and_remedy(
    folder: Path, change: str, path: str, text: str
) -> None:
    assert faults(folder, change) == [f"staging/{path}: {text}"]
