"""The HAProxy in front of tools that have no proxy of their own, the same for each."""

from __future__ import annotations

from typing import Final

from lab.layout import REGISTRY

IMAGE: Final = f"{REGISTRY}/haproxy:2.6"
# A request that fails on one instance is retried on another.
_CONFIGURATION: Final = """\
{before}defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    retries 3
    option redispatch 1
frontend public
    bind :80
    default_backend web
backend web
    option httpchk GET /up
    default-server check inter 500ms fall 2 rise 1
{instances}"""


def configuration(instances: str, *, before: str = "") -> str:
    """Port 80, balanced over these `server` lines; `before` has whole sections of its own."""
    return _CONFIGURATION.format(before=before, instances=instances)
