"""Text that Pulumi has taken for a number: `version: 1.10` arrives as 1.1."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from slipway import go_yaml
from slipway.settings.errors import Fault


def rewritten(file: Path, key: str, given: object) -> Fault | None:
    """The fault of a value in a stack file that is not what Pulumi has `given`; None without one.

    A file that cannot be read, or has no such key, is Pulumi's own affair.
    """
    try:
        document = yaml.compose(file.read_text(), Loader=yaml.SafeLoader)
    except (OSError, UnicodeError, yaml.YAMLError):
        return None
    node = _at(document, "config", key)
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return None
    value = go_yaml.scalar(node.value)
    read = value if isinstance(value, str) else json.dumps(value)
    if read == node.value or read != given:
        return None
    return Fault(
        (key.rpartition(":")[2],),
        f"is {node.value} in {file.name}, without quotes, and Pulumi reads {read}",
        f'Write it in quotes: `{key}: "{node.value}"`',
    )


def _at(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """The node below these keys."""
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == key), None)
    return node
