"""Every version the toolchain pins. Python packages are pinned in requirements.lock."""

from __future__ import annotations

import re

Version = tuple[int, ...]

OLDEST_PULUMI = "3.259.0"
"""The oldest Pulumi CLI that is used: Slipway depends on its behaviour."""

OFFICIAL_PULUMI = "3.272.0"
"""The version that Pulumi's installer fetches: that of the pinned Python SDK."""

BUILT_PULUMI = "3.259.0"
"""The version that is built from source: the last one that Go's module proxies have."""

ACTIONLINT = "1.7.8"
"""The linter of workflow files."""

PLUGINS = {"command": "1.2.1", "docker": "5.2.0"}
"""Provider plugins, with the versions of their Python packages."""

ON_DEMAND = {"github": "6.15.0"}
"""Plugins that only some stacks need, so that `make setup` does not install them."""


def parse(text: str) -> Version:
    """The numbers of `v1.2.3-rc.1+build` or `go1.26rc1`, without what follows them.

    Raises ValueError when it does not begin with a version.
    """
    found = re.match(r"(?:go|v)?(\d+(?:\.\d+)*)", text.strip())
    if not found:
        raise ValueError(f"not a version: {text.strip()!r}")
    return tuple(int(part) for part in found[1].split("."))
