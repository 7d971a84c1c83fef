"""Every version the toolchain pins. Python packages are pinned in requirements.lock."""

from __future__ import annotations

import re

Version = tuple[int, ...]

OLDEST_PULUMI = "3.259.0"
"""The oldest Pulumi CLI that a machine may bring along: its behaviour is what is relied on."""

OFFICIAL_PULUMI = "3.272.0"
"""What Pulumi's installer fetches: the release that the pinned Python SDK belongs to."""

BUILT_PULUMI = "3.259.0"
"""What is built from source: the last release whose Go module is served by the module proxies."""

ACTIONLINT = "1.7.8"
"""The linter of workflow files."""

PLUGINS = {"command": "1.2.1", "docker": "5.2.0"}
"""Provider plugins, by the versions of the Python packages that ask for them."""

ON_DEMAND = {"github": "6.15.0"}
"""Those that only some stacks need, so that `make setup` doesn't wait for them."""


def parse(text: str) -> Version:
    """Read `v1.2.3-rc.1+build` or `go1.26rc1` as its numbers; what follows them doesn't count.

    Raises ValueError when it doesn't begin with a version.
    """
    found = re.match(r"(?:go|v)?(\d+(?:\.\d+)*)", text.strip())
    if not found:
        raise ValueError(f"not a version: {text.strip()!r}")
    return tuple(int(part) for part in found[1].split("."))
