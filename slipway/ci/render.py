"""Workflows as YAML text, in the style of GitHub's own documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from textwrap import indent
from typing import Any, Final

import yaml

from slipway.ci.actions import Action
from slipway.ci.model import Permissions, Workflow

HEADER: Final = (
    "# Written by `slipway workflows write`: change the configuration (slipway:workflows), not this"
    " file.\n"
)
_UNDERSCORED: Final = {"workflow_dispatch", "pull_request"}
_REASONS: Final = {
    "actions: read": "runs and artifacts",
    "actions: write": "starts and deletes runs",
    "contents: read": "the code",
    "contents: write": "publishes the release",
    "id-token: write": "gets an OIDC token",
    "issues: write": "opens issues",
    "packages: read": "pulls images",
    "packages: write": "pushes images",
    "security-events: write": "reports to the Security tab",
}

_unfit = re.compile(r"\A\n\Z|\n\n\Z|[\x85\u2028\u2029]")
"""Line breaks that a literal block does not preserve."""


class Commented(str):
    """A value with a comment at the end of its line."""

    __slots__ = ("note",)
    note: str

    def __new__(cls, word: str, note: str) -> Commented:
        """`word`, followed by `note` as a comment."""
        made = super().__new__(cls, word)
        made.note = note
        return made


def render(workflow: Workflow) -> str:
    """The file's text, without anchors, with each action's version as a comment."""
    return document(plain(workflow))


def document(content: Mapping[str, Any]) -> str:
    """A YAML file in this style, with a blank line before each key and each job."""
    return "\n".join([HEADER, *(_section(*entry) for entry in content.items())])


def _section(key: str, value: Any) -> str:
    if key == "jobs":
        jobs = (indent(_dump({name: job}), "  ") for name, job in value.items())
        return "jobs:\n" + "\n".join(jobs)
    text = _dump({key: value})
    # PyYAML quotes `on`, a boolean in YAML 1.1; GitHub does not need the quotes.
    return text.replace("'on'", "on", 1) if key == "on" else text


def plain(value: Any) -> Any:
    """A model as maps, lists and scalars, without fields that are not set."""
    if isinstance(value, Action):
        return Commented(value.reference, value.version)
    if isinstance(value, Permissions):
        return {right: _with_reason(right, access) for right, access in _entries(value)}
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
        # An empty map of permissions is kept: it denies everything.
        empty = value is None or (value in ((), {}) and not isinstance(value, Permissions))
        if not empty:
            yield _key(each.name), plain(value)


def _key(name: str) -> str:
    return name if name in _UNDERSCORED else name.removesuffix("_").replace("_", "-")


def _with_reason(right: str, access: str) -> str:
    reason = _REASONS.get(f"{right}: {access}")
    return Commented(access, reason) if reason else access


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, and no value is written as a reference to another."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, *_: object) -> bool:
        return True

    def write_plain(self, text: str, split: bool = True) -> None:
        super().write_plain(text, split)
        if isinstance(text, Commented):
            note = f" # {text.note}"
            self.column += len(note)
            self.stream.write(note)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if _unfit.search(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Commented, _text)


def _dump(value: Mapping[str, Any]) -> str:
    """YAML in block style; texts of several lines as literal blocks, lines of any length."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)
