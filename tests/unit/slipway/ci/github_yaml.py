"""YAML as GitHub reads it: only `true` and `false` are booleans, so `on` is a plain key."""

from __future__ import annotations

import re
from typing import Any

import yaml

BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(BOOLEAN, re.compile(r"true|false"), list("tf"))


def load(text: str) -> Any:
    """Safe: the loader only reads booleans differently."""
    return yaml.load(text, _Loader)  # noqa: S506
