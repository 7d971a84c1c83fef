"""Workflows as YAML text, in the style of GitHub's own documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import yaml

from slipway.workflows.actions import ALL, Action
from slipway.workflows.model import Permissions, Workflow

HEADER: Final = (
    "# Written by `slipway workflows write`: change the configuration (slipway:workflows), not this"
    " file.\n"
)
_UNDERSCORED: Final = {"workflow_dispatch", "pull_request"}
_VERSIONS: Final = {action.reference: action.version for action in ALL}
_REASONS: Final = {
    "actions: read": "runs and artifacts",
    "actions: write": "starts and deletes runs",
    "contents: read": "the code",
    "contents: write": "publishes the release",
    "id-token: write": "proves who the job is",
    "issues: write": "opens issues",
    "packages: read": "pulls images",
    "packages: write": "pushes images",
    "security-events: write": "reports to the Security tab",
}
_uses = re.compile(r"^( *(?:- )?uses: )(\S+)$", re.MULTILINE)
_right = re.compile(r"^ +([a-z-]+: (?:read|write))$", re.MULTILINE)


def render(workflow: Workflow) -> str:
    """The file's text: stable, without anchors, each action's version beside its commit."""
    return document(plain(workflow))


def document(content: Mapping[str, Any]) -> str:
    """Any file of GitHub's in this style; a blank line stands before each key, and each job."""
    text = _dump(content).replace("'on':", "on:", 1)
    head, jobs, body = text.partition("\njobs:\n")
    spaced = re.sub(r"\n(?=[\w-])", "\n\n", head) + (f"\n{jobs}" if jobs else "")
    spaced += re.sub(r"\n(?=  [\w-])", "\n\n", body)
    return HEADER + "\n" + _right.sub(_with_reason, _uses.sub(_with_version, spaced))


def plain(value: Any) -> Any:
    """A model as the maps, lists and scalars that GitHub reads; what is not set is left out."""
    if isinstance(value, Action):
        return value.reference
    if is_dataclass(value):
        return dict(_entries(value))
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


def _entries(model: Any) -> Iterator[tuple[str, Any]]:
    for each in fields(model):
        value = getattr(model, each.name)
        # An empty map of permissions says more than none: that nothing is allowed.
        empty = value is None or (value in ((), {}) and not isinstance(value, Permissions))
        if not empty:
            yield _key(each.name), plain(value)


def _key(name: str) -> str:
    return name if name in _UNDERSCORED else name.removesuffix("_").replace("_", "-")


def _with_version(match: re.Match[str]) -> str:
    version = _VERSIONS.get(match[2])
    return f"{match[0]} # {version}" if version else match[0]


def _with_reason(match: re.Match[str]) -> str:
    reason = _REASONS.get(match[1])
    return f"{match[0]} # {reason}" if reason else match[0]


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, and no value is written as a reference to another."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, *_: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _dump(value: Mapping[str, Any]) -> str:
    """YAML in block style; texts of several lines as literal blocks, lines of any length."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)
